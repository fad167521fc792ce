// Each status of failures, and the log line with the error_id.
import { spawn } from 'node:child_process'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, describe, expect, inject, it, vi } from 'vitest'
import { createApp } from '../../src/app.ts'
import { readConfig } from '../../src/config.ts'
import { createObserver } from '../../src/http/observe.ts'
import type { Parts } from '../../src/parts.ts'
import { startService } from '../../src/service.ts'
import { newTokenText } from '../../src/tokens/token.ts'
import { raw } from '../support/raw.ts'
import { partsOf } from '../support/secrets.ts'
import { startTestService } from '../support/service.ts'

const service = await startTestService()
const [ada, bo] = await service.users(2)

describe('401, 403, 404', () => {
  it('401 where a token is needed and none was sent', async () => {
    const answer = await service.call('GET', '/token')
    expect([answer.status, answer.body.meta.error_slug]).toEqual([401, 'unauthorized'])
  })

  it('403 for an app token where a user is needed, and a user token where an app is', async () => {
    const app = await service.appToken()
    const [user, provision] = [
      await service.call('POST', `/users/${bo!.id}/follow`, { token: app }),
      await service.call('DELETE', `/users/${bo!.id}`, { token: ada!.token }),
    ]
    expect([user.status, user.body.meta.error_slug]).toEqual([403, 'wrong-token'])
    expect([provision.status, provision.body.meta.error_slug]).toEqual([403, 'wrong-token'])
  })

  it('403 for an action that is not allowed: blocked, bot rule', async () => {
    const [a, b] = await service.users(2)
    await service.call('POST', `/users/${a!.id}/block`, { token: b!.token })
    const blocked = await service.call('POST', `/users/${b!.id}/follow`, { token: a!.token })
    expect([blocked.status, blocked.body.meta.error_slug]).toEqual([403, 'blocked'])
    const bot = await service.user({ type: 'bot' })
    const refused = await service.call('POST', `/users/${a!.id}/follow`, { token: bot.token })
    expect([refused.status, refused.body.meta.error_slug]).toEqual([403, 'bot-rule'])
  })

  it('404 for a user and for a route that is not there', async () => {
    for (const path of ['/users/9223372036854775807', '/users/@nobody_here', '/nothing']) {
      expect((await service.call('GET', path)).body.meta, path).toMatchObject({
        code: 404,
        error_slug: 'not-found',
      })
    }
  })
})

it('507 where the user already follows as many as its plan allows', async () => {
  const small = await startTestService({ MAX_FOLLOWING: '1' })
  const [a, b, c] = await small.users(3)
  expect((await small.call('POST', `/users/${b!.id}/follow`, { token: a!.token })).status).toBe(200)
  const answer = await small.call('POST', `/users/${c!.id}/follow`, { token: a!.token })
  expect([answer.status, answer.body.meta.error_slug]).toEqual([507, 'follow-limit'])
})

describe('503: the database is away', async () => {
  // Nothing listens on this port any more.
  const closed = createServer()
  await new Promise<void>((resolve) => closed.listen(0, resolve))
  const { port } = closed.address() as AddressInfo
  await new Promise((resolve) => closed.close(resolve))
  const away = { uri: `bolt://127.0.0.1:${port}`, username: 'neo4j', password: 'x', database: 'neo4j' }
  const config = readConfig({ NEO4J_URI: away.uri, NEO4J_PASSWORD: 'x', LOG_LEVEL: 'silent', PORT: '0' })
  const lonely = await startService(config, away, false)
  afterAll(() => lonely.stop())

  it('answers 503 with Retry-After and the envelope within three seconds', async () => {
    const token = newTokenText('user')
    for (const [method, path] of [
      ['GET', '/users/2'],
      ['GET', '/token'],
      ['POST', '/users/2/follow'],
      ['GET', '/users/2/followers/ids'],
    ] as const) {
      const started = performance.now()
      const answer = await fetch(lonely.url + path, {
        method,
        headers: method === 'GET' && path === '/users/2' ? {} : { Authorization: `Bearer ${token}` },
      })
      const body = (await answer.json()) as { meta: Record<string, unknown> }
      expect(answer.status, path).toBe(503)
      expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0)
      expect(body).toEqual({
        meta: {
          code: 503,
          error_slug: 'unavailable',
          error_message: expect.stringContaining('Try again'),
          error_id: expect.stringMatching(/^[0-9a-f]{32}$/),
        },
      })
      expect(performance.now() - started).toBeLessThan(3_000)
    }
  })

  it('requests that need no database are answered: malformed tokens, unknown routes, /health/live', async () => {
    const status = async (path: string, headers = {}) => (await fetch(lonely.url + path, { headers })).status
    expect(await status('/users/2', { Authorization: 'Bearer garbage' })).toBe(401)
    expect(await status('/nothing')).toBe(404)
    expect(await status('/health/live')).toBe(200)
    expect(await status('/health/ready')).toBe(503)
  })
})

/** Answers GET /users/2 by an app whose users cannot be read; the answer and its text. */
async function brokenAnswer(maxInFlight: number) {
  const app = createApp({
    parts: {
      reads: () => ({
        users: { resolve: () => Promise.reject(new Error('secret at bolt://inside:7687')) },
      }),
    } as unknown as Parts,
    findToken: () => Promise.reject(new Error('unused')),
    limiter: null,
    queryToken: true,
    trustProxy: 0,
    publicUrl: () => '',
    observe: createObserver('silent', {
      queues: () => ({}),
      memory: () => 0,
      sessions: () => 0,
      streams: () => 0,
      eventStreams: () => 0,
      listeners: () => 0,
      events: async () => null,
      webhooksBehind: () => 0,
    }),
    pages: [],
    maxInFlight,
    stopping: () => false,
  })
  const server = createServer(app.callback())
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const answer = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}/users/2`, {
    headers: { Connection: 'close' },
  })
  const text = await answer.text()
  server.close()
  return { answer, text }
}

it('503: too many requests at once are refused before they are looked at', async () => {
  const { answer, text } = await brokenAnswer(0)
  expect(answer.status).toBe(503)
  expect(answer.headers.get('retry-after')).toBe('1')
  expect(JSON.parse(text).meta).toMatchObject({
    code: 503,
    error_slug: 'unavailable',
    error_message: expect.stringContaining('too many requests'),
  })
})

it('500: the answer to a defect shows no internals', async () => {
  const { answer, text } = await brokenAnswer(10)
  expect(answer.status).toBe(500)
  expect(JSON.parse(text).meta).toMatchObject({ code: 500, error_slug: 'internal' })
  expect(text).not.toMatch(/secret|inside|\.ts|Error:/)
})

it('error_id is in the log line of its request, and no token is in any', async () => {
  const neo4j = inject('neo4j')
  const child = spawn(process.execPath, ['dist/cli.js', 'serve'], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: {
      ...process.env,
      PORT: '0',
      LOG_LEVEL: 'info',
      RATE_LIMIT: 'off',
      NEO4J_URI: neo4j.uri,
      NEO4J_PASSWORD: neo4j.password,
      NEO4J_USERNAME: neo4j.username,
    },
  })
  let log = ''
  child.stderr.on('data', (piece) => {
    log += piece
  })
  try {
    const until = <T>(find: () => T | undefined): Promise<T> =>
      vi.waitFor(
        () => {
          const found = find()
          if (found === undefined) throw new Error(`This never came in the log: ${log}`)
          return found
        },
        { timeout: 10_000 },
      )
    const url = await until(() => log.match(/listens on (http:\/\/[^\s]+)/)?.[1])
    const canary = newTokenText('user')
    const line = (errorId: string) =>
      until(() => log.split('\n').find((text) => text.includes(errorId) && text.startsWith('{'))).then(
        (text) => JSON.parse(text),
      )

    const answer = await fetch(`${url}/users/2?access_token=${canary}`)
    const { meta } = (await answer.json()) as { meta: Record<string, string> }
    expect(await line(meta.error_id!)).toMatchObject({
      error_id: meta.error_id,
      status: 401,
      slug: 'invalid-token',
      method: 'GET',
    })

    const malformed = await raw(url, 'nonsense\r\n\r\n')
    const { error_id: refusedId } = JSON.parse(malformed.body).meta
    expect(await line(refusedId)).toMatchObject({ error_id: refusedId, status: 400 })

    await fetch(`${url}/users/2`, { headers: { Authorization: `Bearer ${canary}` } })
    for (const part of partsOf(canary.slice(5))) expect(log).not.toContain(part)
  } finally {
    child.kill('SIGTERM')
    await new Promise((resolve) => child.once('exit', resolve))
  }
})
