// Knows how a request presents its token: looked up, or recalled to be proven by the query that answers.
import type { Context } from 'koa'
import type { Body } from '../http/body.ts'
import { bearerText } from './bearer.ts'
import type { Proof } from './recall.ts'
import type { Token } from './token.ts'

export type Presenting = {
  /** Turns a token's text into a token, ours or a JWT. */
  findToken: (text: string) => Promise<Token>
  /** The token as it was last seen, with the proof that it still is the same. */
  recallToken: (text: string) => { token: Token; proof: Proof } | null
  /** Whether a token may stand in the URL. */
  queryToken: boolean
}

/** What a request sent, as far as a token may stand in it. */
export type Sent = { query: URLSearchParams; body: Body }

/** The text of the token that was sent, null where none was; throws the 400 or 401 of one that stands where none may. */
export const textOf = ({ queryToken }: Presenting, ctx: Context, { query, body }: Sent): string | null =>
  bearerText({ authorization: ctx.req.headers.authorization, query, body, queryToken })

/** The token of a text, null where there is none; throws the 401 that says what is wrong with it. */
export async function present(
  options: Presenting,
  ctx: Context,
  sent: Sent,
  text: string | null,
): Promise<Token | null> {
  if (text === null) return null
  const token = await options.findToken(text)
  tell(ctx, sent, token)
  return token
}

/** Sets the headers that a token that holds brings along. */
export function tell(ctx: Context, { query }: Sent, token: Token): void {
  if (token.kind === 'user') ctx.set('X-OAuth-Scopes', token.scopes.join(','))
  if (query.has('access_token')) ctx.set('Cache-Control', 'private')
}
