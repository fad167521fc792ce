// Reads the token of a request and looks it up.
import type { Context } from 'koa'
import type { Body } from '../http/body.ts'
import { repeatsAuthorization } from '../http/head.ts'
import { keepPrivate } from '../http/headers.ts'
import { bearerText } from './bearer.ts'
import type { Token } from './token.ts'

export type Presenting = {
  /** Whether tokens in the URL are accepted. */
  queryToken: boolean
}

/** The parts of a request, besides its headers, that may contain a token. */
export type Sent = { query: URLSearchParams; body: Body }

/** The text of the token that was sent, null if none was. Throws a 400 or 401 if it was sent in a way that is not allowed. */
export function textOf({ queryToken }: Presenting, ctx: Context, { query, body }: Sent): string | null {
  if (query.has('access_token')) keepPrivate(ctx)
  const { authorization } = ctx.req.headers
  const repeated = repeatsAuthorization(ctx.req)
  const text = bearerText({ authorization, repeated, query, body, queryToken })
  if (text !== null) keepPrivate(ctx)
  return text
}

/** Looks up the token of a text, null if there is no text; throws a 401 if it is not valid. */
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
