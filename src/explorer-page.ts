// Serves the explorer: a page for browsers at `/`, its files under `/explorer/`, and the exchange of a sign-in link's code for a token.
import { createHash, randomBytes } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { extname } from 'node:path'
import type { Context } from 'koa'
import { monotonic } from './clock.ts'
import { readBody } from './http/body.ts'
import { badRequest, notFound, unauthorized } from './http/errors.ts'
import { isPreflight, type Pages } from './http/pages.ts'
import { send } from './http/respond.ts'

// `npm run build` puts the page there. Written so that it is found from the compiled code and, by tests, from the source.
const FOLDER = new URL('../dist/explorer/', import.meta.url)
const TYPES: Record<string, string> = {
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.txt': 'text/plain; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
}
// Avatars may be anywhere, so images of every https address are allowed.
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data: https:; worker-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
const CODE_LIVES_MS = 10 * 60_000
const HASHED = /-[\w-]{8}\.\w+$/
const SIGN_IN = '/explorer/sign-in'

export type Explorer = Pages & {
  /** Keeps the token in memory, and returns a code that can be exchanged for it once within ten minutes. */
  offer(token: string): string
}

type Offered = { token: string; until: number }

/** `lifetime`: milliseconds for which a sign-in link works. */
export function createExplorer(lifetime = CODE_LIVES_MS): Explorer {
  const offered = new Map<string, Offered>()
  let files: Map<string, string> | undefined
  const fileOf = (path: string) => {
    files ??= readFiles()
    return files.get(path)
  }

  async function signIn(ctx: Context): Promise<void> {
    const body = await readBody(ctx, ['json'])
    const code = body.type === 'json' ? (body.value as { code?: unknown } | null)?.code : undefined
    if (typeof code !== 'string')
      throw badRequest('code must be the text behind #once= in the link; send {"code": "…"}.')
    const key = keyOf(code)
    const found = offered.get(key)
    offered.delete(key)
    if (found === undefined || found.until < monotonic())
      throw unauthorized(
        'invalid-token',
        'This link was used before, is over ten minutes old, or is of another start of the service. Paste a token, or restart the service for a new link.',
      )
    ctx.set('Cache-Control', 'no-store')
    ctx.compress = false
    const data = { access_token: found.token, token_type: 'Bearer' }
    send(ctx, 200, JSON_TYPE, JSON.stringify({ data, meta: { code: 200 } }))
  }

  return {
    offer(token) {
      const code = randomBytes(32).toString('base64url')
      offered.set(keyOf(code), { token, until: monotonic() + lifetime })
      return code
    },
    answer(ctx, info) {
      if (ctx.path === '/') {
        ctx.vary('Accept')
        // Programs that send no Accept, or */*, get the envelope's 404 like everywhere else.
        if (!['GET', 'HEAD'].includes(ctx.method) || ctx.accepts('json', 'html') !== 'html') return false
        info.route = '/'
        return true
      }
      if (!ctx.path.startsWith('/explorer/')) return false
      info.route = ctx.path === SIGN_IN ? SIGN_IN : '/explorer/:file'
      return true
    },
    async done(ctx) {
      if (ctx.path === SIGN_IN) {
        if (!isPreflight(ctx, 'POST')) await signIn(ctx)
        return
      }
      const page = ctx.path === '/'
      const text = fileOf(page ? '/index.html' : ctx.path)
      if (text === undefined) throw notFound('There is no such file of the explorer.')
      if (isPreflight(ctx, 'GET')) return
      if (page) ctx.set('Content-Security-Policy', POLICY)
      // These names change with what is in the files.
      else if (HASHED.test(ctx.path)) ctx.set('Cache-Control', 'public, max-age=31536000, immutable')
      send(ctx, 200, TYPES[page ? '.html' : extname(ctx.path)] ?? 'text/plain; charset=utf-8', text)
    },
  }
}

const JSON_TYPE = 'application/json; charset=utf-8'
const keyOf = (code: string): string => createHash('sha256').update(code).digest('hex')

// The page by its path; everything but index.html lies in the folder explorer/ of it.
function readFiles(): Map<string, string> {
  if (!existsSync(FOLDER)) throw new Error('The explorer is not built: run npm run build.')
  const names = ['index.html', ...readdirSync(new URL('explorer/', FOLDER)).map((name) => `explorer/${name}`)]
  return new Map(names.map((name) => [`/${name}`, readFileSync(new URL(name, FOLDER), 'utf8')]))
}
