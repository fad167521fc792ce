// Entity tags: tags a whole answer, and turns it into a 304 if the client has it already.
import { hash } from 'node:crypto'
import type { Context } from 'koa'

/**
 * Sets the ETag of an answer, and its status to 304 if If-None-Match names that tag. The tag is weak, because the same text is sent
 * plain or compressed. Not koa-conditional-get: that runs last and would also tag failures, which JSONP answers with 200.
 */
export function tagAnswer(ctx: Context, body: Buffer): void {
  if (ctx.method !== 'GET' && ctx.method !== 'HEAD') return
  const tag = `"${hash('sha1', body, 'base64url')}"`
  ctx.set('ETag', `W/${tag}`)
  if (names(ctx.req.headers['if-none-match'], tag)) ctx.status = 304
}

// A tag contains no quotes, so the quoted parts of the header are its tags. If-None-Match compares strong and weak tags alike.
function names(header: string | undefined, tag: string): boolean {
  if (header === undefined) return false
  return header.trim() === '*' || (header.match(/"[^"]*"/g) as string[] | null)?.includes(tag) === true
}
