// The answer of a move that takes long: the status and white space at once, the result at its end, and a broken connection if it fails.
import type { AddressInfo } from 'node:net'
import Koa from 'koa'
import { afterAll, expect, it } from 'vitest'
import { respond } from '../../src/http/respond.ts'
import type { MoveResult } from '../../src/moves/moves.ts'
import { createRefused, type RefusedSlug } from '../../src/moves/refused.ts'
import { slowText } from '../../src/routes/moves.ts'

const SLUGS: RefusedSlug[] = ['blocked', 'bot-rule', 'follow-limit', 'locked']
const results = new Map<string, Promise<MoveResult | null>>()
const app = new Koa()
app.silent = true
app.use((ctx) =>
  respond(
    ctx,
    { pretty: ctx.query.pretty === '1', callback: undefined, publicUrl: '' },
    { slow: slowText(results.get(ctx.path) as Promise<MoveResult | null>, 5) },
  ),
)
const server = app.listen(0, '127.0.0.1')
afterAll(() => server.close())
const url = () => `http://127.0.0.1:${(server.address() as AddressInfo).port}`

function later(path: string) {
  const { promise, resolve, reject } = deferred()
  results.set(path, promise)
  return { resolve, reject }
}
function deferred() {
  let resolve: (value: MoveResult | null) => void = () => undefined
  let reject: (error: Error) => void = () => undefined
  const promise = new Promise<MoveResult | null>((done, failed) => {
    resolve = done
    reject = failed
  })
  return { promise, resolve, reject }
}

it('is indented where that is wanted', async () => {
  const { resolve } = later('/pretty')
  const response = fetch(`${url()}/pretty?pretty=1`)
  setTimeout(() => resolve({ moved: 1, kept: 0, refused: createRefused() } as MoveResult), 30)
  const text = await (await response).text()
  expect(text.trimStart()).toBe(
    `${JSON.stringify({ data: { moved: 1, kept: 0, refused: [] }, meta: { code: 200 } }, null, 2)}\n`,
  )
})

it('is a 200 before the result is there, and whole JSON with everyone who was refused', async () => {
  const refused = createRefused()
  const expected = Array.from({ length: 5_000 }, (_, n) => ({
    id: String(2n ** 62n + BigInt(n)),
    error_slug: SLUGS[n % 4] as RefusedSlug,
  }))
  for (const { id, error_slug } of expected) refused.add(BigInt(id), error_slug)
  expect([refused.length, [...refused]]).toEqual([5_000, expected])

  const { resolve } = later('/long')
  const response = await fetch(`${url()}/long`)
  expect([response.status, response.headers.get('content-type')]).toEqual([
    200,
    'application/json; charset=utf-8',
  ])
  const reader = (response.body as ReadableStream<Uint8Array>)
    .pipeThrough(new TextDecoderStream())
    .getReader()
  let text = ''
  while (!/ {3}$/.test(text)) text += (await reader.read()).value
  expect(text).toMatch(/^\{"data": +$/)
  resolve({ moved: 7, kept: 2, refused })
  for (let piece = await reader.read(); !piece.done; piece = await reader.read()) text += piece.value
  expect(JSON.parse(text)).toEqual({ data: { moved: 7, kept: 2, refused: expected }, meta: { code: 200 } })
})

it('breaks off where the move failed, or one of the users is gone', async () => {
  for (const end of ['fails', 'gone']) {
    const { resolve, reject } = later(`/${end}`)
    const response = await fetch(`${url()}/${end}`)
    expect(response.status).toBe(200)
    if (end === 'fails') reject(new Error('fails'))
    else resolve(null)
    await expect(response.text()).rejects.toThrow()
  }
})
