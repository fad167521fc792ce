// Knows how a test sends a body byte by byte as it wants it, where `fetch` with an object would mend it first.
import type { Answered, TestService } from '../support/service.ts'

/** What came back: `message` is that of the envelope of failures, empty where there is none. */
export type Sent = { status: number; message: string; answer: Answered['body'] }

export const JSON_TYPE = 'application/json'
export const FORM_TYPE = 'application/x-www-form-urlencoded'

/** A sender of bodies to one service; without a token the request carries none in its headers. */
export const sender =
  (service: TestService) =>
  async (
    method: string,
    path: string,
    body: string | Buffer,
    type: string,
    token?: string,
  ): Promise<Sent> => {
    const response = await fetch(service.url + path, {
      method,
      body: typeof body === 'string' ? body : new Uint8Array(body),
      headers: { 'Content-Type': type, ...(token === undefined ? {} : { Authorization: `Bearer ${token}` }) },
    })
    const answer = (await response.json()) as Answered['body']
    return { status: response.status, message: answer.meta?.error_message ?? '', answer }
  }
