// The compiled program in processes of its own: start without a database, clean stop under load, two instances, and no secret in any output.
// Long, because all of it starts the same program and watches the same output.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, existsSync, openSync } from 'node:fs'
import { Agent, type IncomingMessage, request } from 'node:http'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { afterAll, expect, inject, it } from 'vitest'
import { patiently, untilAnswered } from '../support/patiently.ts'
import { lanes, measured, runs, scale, stopwatch } from '../support/scale.ts'
import { partsOf } from '../support/secrets.ts'
import { startTestService } from '../support/service.ts'
import { cleanUp, type Program, program, serve } from './built.ts'
import { startProxy } from './proxy.ts'

const direct = await startTestService()
const { uri, password } = inject('neo4j')
const database = { NEO4J_URI: uri, NEO4J_PASSWORD: password, LOG_LEVEL: 'warn' }
afterAll(cleanUp)

// Sends one request over a kept connection; 'refused' means that the port is closed and nothing was sent.
function ask(
  url: string,
  agent: Agent,
  method: string,
  path: string,
  token: string,
): Promise<number | 'refused'> {
  return new Promise((resolve, reject) => {
    const sent = request(
      url + path,
      { agent, method, headers: { Authorization: `Bearer ${token}` } },
      (answer: IncomingMessage) => {
        answer.resume().once('end', () => resolve(answer.statusCode as number))
      },
    )
    sent.once('error', (error: NodeJS.ErrnoException) =>
      error.code === 'ECONNREFUSED' ? resolve('refused') : reject(error),
    )
    sent.end()
  })
}

it('starts without a database, says so, and becomes ready by itself once the database is there', {
  timeout: 60_000,
}, async () => {
  const proxy = await startProxy(uri, 1)
  proxy.away(true)
  const program = await serve({ ...database, NEO4J_URI: proxy.uri })
  const ready = async () => {
    const answer = await fetch(`${program.url}/health/ready`)
    return `${answer.status} ${await answer.text()}`
  }
  expect(await ready()).toBe('503 {"status":"not ready","reason":"unreachable"}')
  expect((await fetch(`${program.url}/health/live`)).status).toBe(200)
  const refused = await fetch(`${program.url}/users/1`)
  expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '1'])
  await expect
    .poll(() => program.said(), { timeout: 30_000 })
    .toContain(`The database at ${proxy.uri} is not ready yet`)
  proxy.away(false)
  await expect.poll(() => program.said(), { timeout: 30_000 }).toContain('The database is ready.')
  await expect.poll(ready, { timeout: 10_000 }).toBe('200 {"status":"ready"}')
  program.child.kill('SIGTERM')
  expect(await program.exited).toBe(0)
  await proxy.close()
})

// Requests that each stop has to fail.
const EACH = scale(100, 500)

it('27: SIGTERM under load fails no request, and the next instance goes on', {
  timeout: 3_600_000,
}, async () => {
  const people = await direct.users(9)
  const [most, more] = [runs(1, 200), stopwatch()]
  let program = await serve(database)
  let [rounds, asked, slowest] = [0, 0, 0]
  const agent = new Agent({ keepAlive: true, maxSockets: 16 })
  for (; rounds < most && more(); rounds += 1) {
    const old = program
    const next = await serve(database)
    program = next
    let [going, stopping] = [true, false]
    const writing = lanes(16, 16, async (n) => {
      const me = people[n % 8] as (typeof people)[0]
      for (let step = 0; going; step += 1) {
        const path = step % 2 === 0 ? `/users/${people[8]?.id}/follow` : `/users/${me.id}/following`
        const method = step % 2 === 0 ? (step % 4 === 0 ? 'POST' : 'DELETE') : 'GET'
        const before = !stopping
        let status = await ask(old.url, agent, method, path, me.token)
        // A 503 before the signal was sent has nothing to do with the signal.
        if (status === 503 && before && !stopping) continue
        if (status === 'refused') status = await ask(next.url, agent, method, path, me.token)
        expect(status).toBe(200)
        asked += 1
      }
    })
    const reaches = (count: number) =>
      expect.poll(() => asked, { timeout: 60_000, interval: 20 }).toBeGreaterThanOrEqual(count)
    await reaches((rounds + 1) * EACH)
    stopping = true
    const began = performance.now()
    old.child.kill('SIGTERM')
    expect(await old.exited).toBe(0)
    slowest = Math.max(slowest, performance.now() - began)
    // The next instance has answered all clients.
    await reaches(asked + 2 * 16)
    going = false
    await writing
  }
  program.child.kill('SIGTERM')
  await program.exited
  expect(slowest).toBeLessThan(10_000)
  expect(asked).toBeGreaterThanOrEqual(rounds * EACH)
  measured(27, `${rounds} SIGTERMs, ${asked} requests, 0 failed; slowest exit ${Math.round(slowest)} ms`)
})

it('says at once that its port is taken, before it starts a database', { timeout: 30_000 }, async () => {
  const taken = createServer().listen(0, '127.0.0.1')
  await once(taken, 'listening')
  const { port } = taken.address() as AddressInfo
  const data = join(tmpdir(), `follow-graph-port-${process.pid}`)
  const child = spawn(process.execPath, [program(), 'serve', '--data', data], {
    env: { PATH: process.env.PATH, PORT: String(port) },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let said = ''
  child.stderr.on('data', (piece: Buffer) => (said += piece))
  const [status] = await once(child, 'exit')
  taken.close()
  expect(status).toBe(1)
  expect(said).toBe(
    `The service cannot listen on port ${port} of 127.0.0.1 (EADDRINUSE): end what listens there, or set PORT to another.\n`,
  )
  expect(existsSync(data)).toBe(false)
})

it('goes on where its log cannot be written, and ends by a signal', { timeout: 60_000 }, async () => {
  const full = openSync('/dev/full', 'w')
  const child = spawn(process.execPath, [program(), 'serve'], {
    env: { ...process.env, ...database, LOG_LEVEL: 'info', PORT: '0' },
    stdio: ['ignore', 'pipe', full],
  })
  closeSync(full)
  try {
    const [line] = (await once(child.stdout as Readable, 'data')) as [Buffer]
    const { url } = JSON.parse(String(line)) as { url: string }
    for (let n = 0; n < 20; n += 1) expect((await fetch(`${url}/users/1`)).status).not.toBe(500)
    expect((await fetch(`${url}/health/live`)).status).toBe(200)
    const exited = once(child, 'exit')
    child.kill('SIGTERM')
    expect(await exited).toEqual([0, null])
  } finally {
    child.kill('SIGKILL')
  }
})

it('a process ends although the reader of its log does not read', { timeout: 60_000 }, async () => {
  const script = `import { pino } from 'pino'
import { logOutput } from ${JSON.stringify(program('http/log-output.js'))}
const log = pino({}, logOutput(() => undefined))
process.stderr.write('begin')
for (let n = 0; n < 5_000; n += 1) log.info({ text: 'x'.repeat(100) }, 'line')
setTimeout(() => process.exit(7), 300)`
  const child = spawn(process.execPath, ['--input-type=module', '--eval', script], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const late = setTimeout(() => child.kill('SIGKILL'), 30_000)
  expect(await once(child, 'exit')).toEqual([7, null])
  clearTimeout(late)
})

it('goes on where more streams wait for one event than may wait for the database', {
  timeout: 120_000,
}, async () => {
  const [me, other] = await direct.users(2)
  const { child, url, exited } = await serve(database)
  const { hostname, port } = new URL(url)
  const sockets: Socket[] = []
  try {
    let [heard, begun] = [0, 0]
    for (let n = 0; n < 2_001; n += 1) {
      const socket = connect(Number(port), hostname)
      sockets.push(socket)
      socket.write(
        `GET /users/me/events/stream?types=user_follow HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${me!.token}\r\n\r\n`,
      )
      socket.once('data', () => (begun += 1))
      socket.on('data', (piece) => (heard += String(piece).split('"user_follow"').length - 1))
      if (n % 100 === 99) await once(socket, 'data')
    }
    await expect.poll(() => begun, { timeout: 60_000 }).toBe(2_001)
    const follow = { method: 'POST', headers: { Authorization: `Bearer ${me!.token}` } }
    expect((await fetch(`${url}/users/${other!.id}/follow`, follow)).status).toBe(200)
    await expect.poll(() => heard, { timeout: 60_000 }).toBe(2_001)
    expect((await fetch(`${url}/health/live`, { signal: AbortSignal.timeout(5_000) })).status).toBe(200)
  } finally {
    for (const socket of sockets) socket.destroy()
    child.kill('SIGKILL')
    await exited
  }
})

it('ends at once on a second signal', { timeout: 30_000 }, async () => {
  const program = await serve(database)
  // The first signal waits for requests in flight, and this one never ends.
  const { hostname, port } = new URL(program.url)
  const slow = connect(Number(port), hostname)
  slow.on('error', () => undefined)
  slow.write(
    'POST /stream/0/follows HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\nExpect: 100-continue\r\n\r\n',
  )
  // 100 Continue: the service has read the headers and waits for the body.
  await once(slow, 'data')
  program.child.kill('SIGTERM')
  await expect.poll(() => program.said(), { timeout: 10_000 }).toContain('Stopping')
  expect(program.child.exitCode).toBeNull()
  const began = performance.now()
  program.child.kill('SIGTERM')
  await program.exited
  // The first signal alone would wait for the body.
  expect(performance.now() - began).toBeLessThan(scale(5_000, 1_000))
  slow.destroy()
})

it('8 and 23: a write through one instance is read, and a revoked token refused, through another', {
  timeout: 3_600_000,
}, async () => {
  const two = (await Promise.all([serve(database), serve(database)])) as [Program, Program]
  const people = await direct.users(9)
  const target = people[8] as (typeof people)[0]
  // The service closes connections that were idle for five seconds; on a busy machine it may close one just as a request is sent.
  const agent = () => new Agent({ keepAlive: true, timeout: 3_000 })
  const agents = [agent(), agent()] as const
  // A 503 says nothing about this promise, so the request is repeated.
  const answered = async (instance: number, method: string, path: string, token: string) => {
    const one = instance as 0 | 1
    for (let tries = 1; ; tries += 1) {
      const status = await ask(two[one].url, agents[one], method, path, token)
      if (status !== 503 || tries === 20) return status
    }
  }
  let right = 0
  const wished = new Map<string, boolean>()
  const reads = stopwatch()
  await lanes(8, runs(240, 100_000), async (n, lane) => {
    if (!reads()) return
    const me = people[lane] as (typeof people)[0]
    const wish = wished.get(me.id) !== true
    wished.set(me.id, wish)
    const method = wish ? 'POST' : 'DELETE'
    expect(await answered(n % 2, method, `/users/${target.id}/follow`, me.token)).toBe(200)
    const read = await untilAnswered(() =>
      fetch(`${two[n % 2 === 0 ? 1 : 0].url}/users/${target.id}`, {
        headers: { Authorization: `Bearer ${me.token}` },
      }),
    )
    expect(((await read.json()) as { data: { you_follow: boolean } }).data.you_follow).toBe(wish)
    right += 1
  })
  let refused = 0
  const uses = stopwatch()
  for (let n = 0; n < runs(80, 10_000) / 8 && (n < 10 || uses()); n += 1) {
    const token = await patiently(() => direct.tokenFor(people[n % 8] as (typeof people)[0]))
    expect(await answered(0, 'GET', '/token', token)).toBe(200)
    // 401: an earlier try has revoked the token, and its answer came too late.
    expect([200, 401]).toContain(await answered(1, 'DELETE', '/token', token))
    const after = await Promise.all(
      Array.from({ length: 8 }, (_, use) => answered(use % 2, 'GET', '/token', token)),
    )
    expect(after).toEqual(new Array(8).fill(401))
    refused += after.length
  }
  for (const program of two) program.child.kill('SIGINT')
  expect(await Promise.all(two.map(({ exited }) => exited))).toEqual([0, 0])
  measured(8, `${right} of ${right} reads on another instance saw the write`)
  measured(23, `${refused} uses of revoked tokens on two instances, all refused`)
})

it('22: no output contains any part of a secret, even at the log level trace', {
  timeout: 120_000,
}, async () => {
  const program = await serve({ ...database, LOG_LEVEL: 'trace' })
  const [me, other] = (await direct.users(2)) as unknown as [
    { id: string; token: string },
    { id: string; token: string },
  ]
  const secret = 'c4n4ry-CLIENT-secret-0123456789'
  const forged = `fg_u_${'k7Wq'.repeat(11)}1a2b3c`
  const told: string[] = []
  const post = (path: string, body: string, headers: Record<string, string>) =>
    fetch(program.url + path, { method: 'POST', body, headers })
  const form = { 'Content-Type': 'application/x-www-form-urlencoded' }
  const json = { 'Content-Type': 'application/json' }
  for (const answer of await Promise.all([
    fetch(`${program.url}/users/me?access_token=${me.token}`),
    fetch(`${program.url}/users/me`, { headers: { Authorization: `Bearer ${me.token}` } }),
    fetch(`${program.url}/users/me/followers?count=${me.token}`, {
      headers: { Authorization: `Bearer ${me.token}` },
    }),
    fetch(`${program.url}/users/me?access_token=${forged}`),
    fetch(`${program.url}/users/me`, {
      headers: { Authorization: `Basic ${forged}`, 'X-Request-Id': `a ${forged}` },
    }),
    fetch(`${program.url}/no/such/${other.token}`),
    post('/follows', `{"access_token":"${me.token}","follow":[`, json),
    post('/follows', JSON.stringify({ access_token: me.token, follow: ['0', me.token] }), json),
    post(`/users/${other.id}/follow`, `access_token=${me.token}`, form),
    post(
      '/oauth/access_token',
      `grant_type=client_credentials&client_id=${secret}&client_secret=${secret}`,
      form,
    ),
    post('/oauth/access_token', 'grant_type=client_credentials', {
      ...form,
      Authorization: `Basic ${Buffer.from(`a:${secret}`).toString('base64')}`,
    }),
  ])) {
    const text = await answer.text()
    // `POST follows` repeats each target as it was sent: the caller's own text goes back to the caller only.
    if (!answer.url.endsWith('/follows')) told.push(text, JSON.stringify([...answer.headers]))
  }
  told.push(
    await (await fetch(`${program.url}/metrics`)).text(),
    await (await fetch(`${program.url}/openapi.json`)).text(),
  )
  program.child.kill('SIGTERM')
  await program.exited
  told.push(program.said())
  expect(program.said()).toContain('"route":"/users/:user_id"')
  const all = told.join('\n')
  // The prefix is not secret; any eight characters of the rest are.
  const canaries = [me.token.slice(5), other.token.slice(5), forged.slice(5), secret]
  for (const part of canaries.flatMap(partsOf)) expect(all.includes(part), part).toBe(false)
  if (password.length >= 8) expect(all).not.toContain(password)
})
