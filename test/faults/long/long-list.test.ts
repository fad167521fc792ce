// Promise 16: a list of very many ids is streamed, so that neither its length nor a reader that hardly reads costs memory or a transaction.
// In the long form only: making the list takes longer than CI should wait. LIST_IDS=200000 makes a shorter one.
import { once } from 'node:events'
import { request } from 'node:http'
import { connect } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import { gunzipSync } from 'node:zlib'
import { afterAll, expect, inject, it } from 'vitest'
import { openGraph } from '../../../src/graph/graph.ts'
import { measured } from '../../support/scale.ts'
import { startTestService } from '../../support/service.ts'
import { cleanUp, serve } from '../built.ts'
import { megabytes, rssOf } from '../process-facts.ts'

const EDGES = Number(process.env.LIST_IDS ?? 1_000_000)
const STEP = 20_000
const direct = await startTestService()
const { uri, password } = inject('neo4j')
const graph = openGraph(inject('neo4j'))
afterAll(async () => {
  cleanUp()
  await graph.close()
})

// The ids are taken first, in a transaction of their own: whoever keeps the sequence keeps every writer waiting.
const RESERVE = `MERGE (s:Sequence {name: 'relations'}) SET s.value = coalesce(s.value, 0) + ${EDGES} RETURN s.value - ${EDGES} AS base`
// Edges from one node: what streams is their properties, and ids need no users.
const FILL = `MATCH (star:User {id: $id}) MERGE (source:FaultSource {of: $id}) WITH star, source
UNWIND range($from, $from + ${STEP} - 1) AS n
CREATE (source)-[:FOLLOWS {id: $base + n, follower_id: $first + n, followee_id: $id, followed_at: datetime()}]->(star)`
// Those of the lists alone: the service that was just started also plans statements.
const TRANSACTIONS = `SHOW TRANSACTIONS YIELD metaData, elapsedTime WHERE metaData.statement = 'lists/followers/ids'
RETURN max(elapsedTime.milliseconds) AS longest, count(*) AS seen`

/** Reads a whole answer with gzip; answers its ids and when the first byte came. */
async function readWhole(url: string, token: string) {
  const began = performance.now()
  const sent = request(url, {
    agent: false,
    headers: { Authorization: `Bearer ${token}`, 'Accept-Encoding': 'gzip' },
  }).end()
  const [answer] = await once(sent, 'response')
  expect([answer.statusCode, answer.headers['content-encoding']]).toEqual([200, 'gzip'])
  const pieces: Buffer[] = []
  let first = 0
  for await (const piece of answer) {
    first ||= performance.now() - began
    pieces.push(piece as Buffer)
  }
  const { data } = JSON.parse(gunzipSync(Buffer.concat(pieces)).toString()) as { data: string[] }
  return { ids: data, first, whole: performance.now() - began }
}

/** A client that takes 10 kB a second, as it comes or as gzip; `taken` is what it has had. */
function readSlowly(url: string, token: string, encoding: string) {
  const { hostname, port, pathname } = new URL(url)
  const socket = connect({ host: hostname, port: Number(port) })
  socket.write(
    `GET ${pathname} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\nAccept-Encoding: ${encoding}\r\n\r\n`,
  )
  socket.on('error', () => undefined).pause()
  const close = () => {
    clearInterval(timer)
    socket.destroy()
  }
  const reader = { taken: 0, begin: '', broken: false, close }
  socket.once('close', () => (reader.broken = true))
  const timer = setInterval(() => {
    const piece = (socket.read(Math.min(1_000, socket.readableLength)) ?? Buffer.alloc(0)) as Buffer
    if (reader.taken === 0) reader.begin = piece.toString('latin1')
    reader.taken += piece.length
  }, 100)
  return reader
}

it('16: a long list streams in little memory, beside readers of 10 kB/s, and holds no transaction', {
  timeout: 900_000,
}, async () => {
  const star = await direct.user()
  const id = BigInt(star.id)
  const [reserved] = await graph.write('test', RESERVE, {})
  const made = performance.now()
  for (let from = 1; from <= EDGES; from += STEP)
    await graph.write(
      'test',
      FILL,
      { id, from: BigInt(from), base: reserved?.[0], first: id + 1_000_000_000_000n },
      60_000,
    )
  const filled = performance.now() - made
  const program = await serve({ NEO4J_URI: uri, NEO4J_PASSWORD: password, LOG_LEVEL: 'warn' })
  const pid = program.child.pid as number
  const url = `${program.url}/users/${star.id}/followers/ids`
  // Warm with requests that hold little: the program's own code and one page's worth of memory are no cost of the list.
  for (let n = 0; n < 200; n += 1)
    await (
      await fetch(`${program.url}/users/${star.id}`, { headers: { Authorization: `Bearer ${star.token}` } })
    ).text()
  const before = rssOf(pid)

  let [most, longest, sampled, seen] = [0, 0, 0, 0]
  let watching = true
  const watchers = [
    (async () => {
      for (; watching; await wait(10)) most = Math.max(most, rssOf(pid))
    })(),
    (async () => {
      for (; watching; await wait(30)) {
        const [row] = await graph.read('test', TRANSACTIONS, {})
        longest = Math.max(longest, Number(row?.[0] ?? 0))
        sampled += 1
        seen += Number(row?.[1] ?? 0)
      }
    })(),
  ]
  const slow = ['identity', 'gzip'].map((encoding) => readSlowly(url, star.token, encoding))
  await wait(1_000)
  const { ids, first, whole } = await readWhole(url, star.token)
  await wait(10_000)
  watching = false
  await Promise.all(watchers)

  measured(
    16,
    `${EDGES} ids (made in ${Math.round(filled)} ms) with gzip in ${Math.round(whole)} ms, first byte after ${Math.round(first)} ms; RSS ${megabytes(before)} MB + ${megabytes(most - before)} MB with two readers of 10 kB/s beside, which have had ${slow.map(({ taken }) => taken).join(' and ')} bytes; longest transaction of ${seen} that ${sampled} samples saw ${longest} ms`,
  )
  expect(new Set(ids).size).toBe(EDGES)
  for (const reader of slow) {
    expect(reader.begin.slice(0, 15)).toBe('HTTP/1.1 200 OK')
    expect(reader.broken).toBe(false)
    reader.close()
  }
  expect(seen).toBeGreaterThan(10)
  expect(first).toBeLessThan(100)
  expect(longest).toBeLessThan(1_000)
  expect(most - before).toBeLessThan(30 * 2 ** 20)
  program.child.kill('SIGTERM')
  expect(await program.exited).toBe(0)
  await graph.write(
    'test',
    'MATCH (s:FaultSource {of: $id})-[f:FOLLOWS]->() CALL (f) { DELETE f } IN TRANSACTIONS OF 10000 ROWS',
    { id },
    60_000,
  )
})
