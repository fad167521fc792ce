// A client of streams: reads frames or Server-Sent Events from a live connection, and waits for what it expects.
import { setTimeout as wait } from 'node:timers/promises'
import type { Event } from './support.ts'

export type Opened = {
  status: number
  headers: Headers
  /** What came so far. */
  readonly text: string
  events(): Event[]
  /** Resolves when the first bytes came, with which the service begins every stream. */
  begun(): Promise<void>
  /** Resolves when so many events came; throws with what came after 10 s. */
  until(count: number): Promise<Event[]>
  /** Resolves when the server ended the stream, with true, or broke it off, with false. */
  ended: Promise<boolean>
  leave(): void
}

/** Opens a stream; `sse` asks for Server-Sent Events. */
export async function open(
  url: string,
  token: string,
  { sse = false, headers = {} }: { sse?: boolean; headers?: Record<string, string> } = {},
): Promise<Opened> {
  const control = new AbortController()
  const response = await fetch(url, {
    signal: control.signal,
    headers: {
      Authorization: `Bearer ${token}`,
      ...(sse ? { Accept: 'text/event-stream' } : {}),
      ...headers,
    },
  })
  let text = ''
  const ended = (async () => {
    const decoder = new TextDecoder()
    try {
      for await (const chunk of response.body ?? []) text += decoder.decode(chunk, { stream: true })
      return true
    } catch {
      return false
    }
  })()
  const events = () => (sse ? sseData(text) : frames(text)).map((one) => JSON.parse(one) as Event)
  return {
    status: response.status,
    headers: response.headers,
    get text() {
      return text
    },
    events,
    async begun() {
      for (let tries = 0; text === '' && tries < 500; tries += 1) await wait(20)
    },
    async until(count) {
      for (let tries = 0; tries < 500; tries += 1) {
        const found = events()
        if (found.length >= count) return found
        await wait(20)
      }
      throw new Error(`${count} events were expected; this came: ${text}`)
    },
    ended,
    leave: () => control.abort(),
  }
}

const frames = (text: string): string[] =>
  text
    .split('\r\n')
    .slice(0, -1)
    .filter((frame) => frame !== '')

const sseData = (text: string): string[] =>
  text
    .split('\n\n')
    .slice(0, -1)
    .flatMap((block) => /^data: (.*)$/m.exec(block)?.[1] ?? [])
