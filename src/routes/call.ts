// The argument of a handler: one parsed request, independent of Koa.

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
  /** The number of bytes of the answer that are buffered and not sent yet; infinite once the connection is closed. */
  unsent(): number
  /** Aborted when the connection is closed. Few calls need one, and to make and abort one takes 5 % of the time of a request. */
  signal(): AbortSignal
}

/** The user of the call's token; null for an app token or no token. */
export const viewerOf = (call: Call): Viewer => call.token?.user ?? null
