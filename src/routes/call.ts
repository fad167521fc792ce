// What a handler is given: one request, read and checked, without Koa around it.

import type { Body } from '../http/body.ts'
import type { Token } from '../tokens/token.ts'
import type { Viewer } from '../users/view.ts'

/** One call of the API. */
export type Call = {
  method: string
  params: Record<string, string>
  query: URLSearchParams
  body: Body
  headers: Record<string, string | string[] | undefined>
  token: Token | null
  /** Bytes of the answer that its connection has not taken yet. */
  unsent(): number
  /** Aborted when the client has left. */
  signal: AbortSignal
}

/** The user that looks; null for an app token and for none. */
export const viewerOf = (call: Call): Viewer => call.token?.user ?? null
