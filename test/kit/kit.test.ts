// `follow-graph/testing` as its users meet it: how long it takes, that two of it do not meet, and what a killed runner leaves.
import { execFileSync, spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type FollowGraph, startFollowGraph } from '../../src/testing.ts'
import { cleanUp, program } from '../faults/built.ts'

// A database of its own, whatever one this shell knows.
const settings = { NEO4J_URI: '', NEO4J_USERNAME: '', NEO4J_PASSWORD: '' }
const temporary = mkdtempSync(join(tmpdir(), 'follow-graph-kits-'))
const before = process.env.TMPDIR
const folders = () => readdirSync(temporary).filter((name) => name.startsWith('follow-graph-kit-'))
const processes = (word: string) =>
  execFileSync('ps', ['-eo', 'pid,args'], { encoding: 'utf8', maxBuffer: 1e8 })
    .split('\n')
    .filter((line) => line.includes(word))
    // The class path alone fills screens.
    .map((line) => line.slice(0, 100))

const found = { folder: '', answered: false, left: '', goneAfter: 0, swept: [] as string[], start: 0 }
const starting = 'follow-graph-kit-justmade'
let a: FollowGraph
let b: FollowGraph

/** A program of its own that starts a kit, prints a line, and does this. */
function runner(options: object, work: string) {
  const script = join(temporary, 'runner.mjs')
  writeFileSync(
    script,
    `import { startFollowGraph } from '${pathToFileURL(program('testing.js'))}'
    const graph = await startFollowGraph(${JSON.stringify(options)})
    ${work}`,
  )
  const child = spawn(process.execPath, [script], { stdio: ['ignore', 'pipe', 'inherit'] })
  const exited = new Promise<number | null>((done) => child.once('exit', done))
  const line = Promise.race([
    new Promise<string>((told) => child.stdout.once('data', (piece: Buffer) => told(String(piece).trim()))),
    exited.then((status) => Promise.reject(new Error(`the runner ended with status ${status}`))),
  ])
  return { child, line, exited }
}

/** Kills a process that runs a kit, and notes how long its database lived on. */
async function killRunner(): Promise<void> {
  const work = "process.stdout.write(graph.neo4j.uri + '\\n'); setInterval(() => undefined, 1000)"
  const { child, line, exited } = runner({ settings }, work)
  const uri = await line
  found.folder = folders()[0] ?? 'none'
  found.answered = await listens(uri)
  const killed = performance.now()
  child.kill('SIGKILL')
  await exited
  while ((processes(found.folder).length > 0 || (await listens(uri))) && performance.now() - killed < 30_000)
    await wait(100)
  found.goneAfter = performance.now() - killed
  found.left = processes(found.folder).join('\n')
}

const listens = (uri: string) =>
  new Promise<boolean>((tell) => {
    const { hostname, port } = new URL(uri)
    const socket = connect(Number(port), hostname)
    socket.once('connect', () => tell(true)).once('error', () => tell(false))
    socket.once('connect', () => socket.destroy())
  })

beforeAll(async () => {
  process.env.TMPDIR = temporary
  await killRunner()
  mkdirSync(join(temporary, starting))
  const began = performance.now()
  a = await startFollowGraph({ settings })
  found.start = performance.now() - began
  found.swept = folders()
  b = await startFollowGraph({ settings })
}, 240_000)

afterAll(async () => {
  await Promise.all([a?.stop(), b?.stop()])
  if (before === undefined) delete process.env.TMPDIR
  else process.env.TMPDIR = before
  cleanUp()
  rmSync(temporary, { recursive: true, force: true, maxRetries: 20, retryDelay: 200 })
}, 60_000)

async function get(graph: FollowGraph, path: string, token?: string) {
  const headers: Record<string, string> = token === undefined ? {} : { Authorization: `Bearer ${token}` }
  const answer = await fetch(`${graph.url}/stream/0${path}`, { headers })
  const { data } = (await answer.json()) as { data?: { counts?: { followers: number } } }
  return { status: answer.status, data }
}

it('ends with a runner that is killed', () => {
  console.log(`its database was gone ${Math.round(found.goneAfter)} ms after the runner was killed`)
  expect(found.answered).toBe(true)
  expect(found.left).toBe('')
  expect(found.goneAfter).toBeLessThan(30_000)
})

it('removes the folder of a killed one at its next start, and no other', () => {
  expect(found.folder).toMatch(/^follow-graph-kit-/)
  expect(found.swept).not.toContain(found.folder)
  expect(found.swept).toContain(starting)
  expect(found.swept).toHaveLength(2)
  // The second start left the first one's folder alone.
  expect(folders()).toHaveLength(3)
})

it('lets its process end after stop(), although it was planning queries', async () => {
  const { child, line, exited } = runner(
    { neo4j: a.neo4j },
    "await graph.stop(); process.stdout.write('stopped')",
  )
  expect(await line).toBe('stopped')
  const stopped = performance.now()
  const status = await Promise.race([exited, wait(20_000, 'still there')])
  child.kill('SIGKILL')
  console.log(`a process ended ${Math.round(performance.now() - stopped)} ms after stop()`)
  expect(status).toBe(0)
}, 60_000)

it('starts within seconds', () => {
  console.log(`a start took ${Math.round(found.start)} ms`)
  expect(found.start).toBeLessThan(60_000)
})

describe('two side by side', () => {
  it('do not meet', async () => {
    expect(new Set([a.url, b.url, a.neo4j.uri, b.neo4j.uri]).size).toBe(4)
    expect(a.neo4j.password).not.toBe(b.neo4j.password)
    for (const graph of [a, b]) {
      await graph.createUser({ id: 1, username: 'ada' })
      await graph.createUser({ id: 2, username: 'bo' })
    }
    await a.follow('1', '2')
    const [tokenOfA, tokenOfB] = [await a.tokenFor('1'), await b.tokenFor('1')]
    expect((await get(a, '/users/2', tokenOfA)).data?.counts?.followers).toBe(1)
    expect((await get(b, '/users/2', tokenOfB)).data?.counts?.followers).toBe(0)
    expect((await get(b, '/users/me', tokenOfA)).status).toBe(401)
    await a.reset()
    expect((await get(a, '/users/2')).status).toBe(404)
    expect((await get(b, '/users/2')).status).toBe(200)
  })

  it('on one database share it, and the second leaves it running', async () => {
    const guest = await startFollowGraph({ neo4j: a.neo4j })
    const ada = await guest.createUser({ username: 'ada' })
    await guest.stop()
    await guest.stop()
    expect((await get(a, `/users/${ada.id}`)).status).toBe(200)
  })
})

it('is empty after reset(), and goes on', async () => {
  await a.reset()
  const users = await Promise.all(Array.from({ length: 50 }, (_, index) => a.createUser({ id: index + 1 })))
  for (const step of [1, 2, 3, 4])
    await Promise.all(users.map((user, index) => a.follow(user, users[(index + step) % 50] ?? user)))
  const tokens = [await a.tokenFor('1'), await a.appToken()]
  expect((await get(a, '/users/1')).data?.counts?.followers).toBe(4)

  const began = performance.now()
  await a.reset()
  const took = performance.now() - began
  // The last one that is deleted leaves its id to nobody, but for a reset.
  const last = await a.createUser({ id: 60 })
  const headers = { Authorization: `Bearer ${await a.appToken(['provision'])}` }
  expect((await fetch(`${a.url}/users/${last.id}`, { method: 'DELETE', headers })).status).toBe(200)
  expect((await a.createUser()).id).toBe('61')
  await a.reset()
  console.log(`reset() of 50 users with 200 follows took ${Math.round(took)} ms`)
  expect(took).toBeLessThan(10_000)

  expect((await get(a, '/users/1')).status).toBe(404)
  for (const token of tokens) expect((await get(a, '/users/1/followers', token)).status).toBe(401)
  const [ada, bo] = [await a.createUser(), await a.createUser()]
  expect([ada.id, bo.id]).toEqual(['1', '2'])
  await a.follow(ada, bo)
  expect((await get(a, '/users/2/followers/ids', await a.tokenFor(ada))).data).toEqual(['1'])
})

it('gives a user without a username another one where the default is taken', async () => {
  await a.reset()
  expect(await a.createUser({ username: 'U2' })).toEqual({ id: '1', username: 'U2' })
  expect(await a.createUser()).toEqual({ id: '2', username: 'u2_2' })
  expect(await a.createUser()).toEqual({ id: '3', username: 'u3' })
  await a.createUser({ username: 'u9' })
  expect(await a.createUser({ id: 9 })).toEqual({ id: '9', username: 'u9_2' })
})

it('says what is wrong with what it is given', async () => {
  await a.reset()
  const ada = await a.createUser({ username: 'ada' })
  await expect(a.tokenFor('@ada')).rejects.toThrow('"@ada" is not a user id')
  await expect(a.tokenFor('99')).rejects.toThrow('There is no user 99: create it first.')
  await expect(a.follow(ada, ada)).rejects.toThrow(/^user 1 cannot follow user 1: self/)
  await expect(a.createUser({ username: 'ADA' })).rejects.toThrow('the username ADA is taken')
})
