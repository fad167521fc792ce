// Knows entity tags: one for a whole answer, and whether a client has that answer already.
import { hash } from 'node:crypto'
import type { Context } from 'koa'

/**
 * Sets the tag of an answer and turns it into a 304 where the client named it. Weak, because the same text goes out
 * plain or compressed. Written by hand: koa-conditional-get runs after everything else and so would tag failures that
 * JSONP answers with 200.
 */
export function tagAnswer(ctx: Context, body: Buffer): void {
  if (ctx.method !== 'GET' && ctx.method !== 'HEAD') return
  const tag = `"${hash('sha1', body, 'base64url')}"`
  ctx.set('ETag', `W/${tag}`)
  if (names(ctx.req.headers['if-none-match'], tag)) ctx.status = 304
}

// Tags hold no quotes of their own, so a list is found by its quoted parts; strong and weak ones compare alike here.
function names(header: string | undefined, tag: string): boolean {
  if (header === undefined) return false
  return header.trim() === '*' || (header.match(/"[^"]*"/g) as string[] | null)?.includes(tag) === true
}
