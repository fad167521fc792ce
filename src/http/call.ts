// Knows what a handler is given: one request, read and checked, without Koa around it.
import type { Proof } from '../tokens/recall.ts'
import type { Token } from '../tokens/token.ts'
import type { Body } from './body.ts'

/** One call of the API. */
export type Call = {
  method: string
  /** The path as it was called, undecoded, for links. */
  path: string
  params: Record<string, string>
  query: URLSearchParams
  body: Body
  headers: Record<string, string | string[] | undefined>
  token: Token | null
  /** The token is recalled, not looked up: who can has it proven by a query of its own (see app.ts). */
  proof: Proof | null
}
