// How a request presents its token.
import type { Context } from 'koa'
import type { Body } from '../http/body.ts'
import { keepPrivate } from '../http/headers.ts'
import { bearerText } from './bearer.ts'
import type { Token } from './token.ts'

export type Presenting = {
  /** Whether a token may stand in the URL. */
  queryToken: boolean
}

/** What a request sent, as far as a token may stand in it. */
export type Sent = { query: URLSearchParams; body: Body }

/** The text of the token that was sent, null where none was; throws the 400 or 401 of one that stands where none may. */
export function textOf({ queryToken }: Presenting, ctx: Context, { query, body }: Sent): string | null {
  if (query.has('access_token')) keepPrivate(ctx)
  const text = bearerText({ authorization: ctx.req.headers.authorization, query, body, queryToken })
  if (text !== null) keepPrivate(ctx)
  return text
}

/** The token of a text, null where there is none; throws the 401 that says what is wrong with it. */
export async function present(
  ctx: Context,
  text: string | null,
  find: (text: string) => Promise<Token>,
): Promise<Token | null> {
  if (text === null) return null
  const token = await find(text)
  if (token.kind === 'user') ctx.set('X-OAuth-Scopes', token.scopes.join(','))
  return token
}
