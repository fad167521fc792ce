// Promise 19: a hundred thousand broken requests, sent as bytes on a socket: no 500, no crash, always an answer in the envelope.
import { connect } from 'node:net'
import { afterAll, expect, inject, it } from 'vitest'
import { ROUTES } from '../../src/routes/table.ts'
import { random } from '../support/random.ts'
import { lanes, measured, runs, scale } from '../support/scale.ts'
import { startTestService } from '../support/service.ts'
import { cleanUp, serve } from './built.ts'
import { answersIn, mutated } from './mutate.ts'
import { newSeed } from './proxy.ts'

const direct = await startTestService()
const { uri, password } = inject('neo4j')
afterAll(cleanUp)

/** A valid request for every operation of the route table, in its three ways to carry a token. */
async function requests(): Promise<Buffer[]> {
  const [me, other] = await direct.users(2)
  const app = await direct.appToken()
  // Streams never end, so they are left out; they are parsed and checked as all other routes.
  const texts = ROUTES.filter(({ answers }) => answers !== 'EventStream').flatMap((route) =>
    route.methods.flatMap((method) => {
      // Routes of the account system name a user that does not exist, so that no user of another test is deleted.
      const named = route.access.token === 'app' ? '4611686018427387903' : other!.id
      const path = `/stream/0${route.path.replace(':user_id', named)}`
      const token = route.access.token === 'app' ? app : me!.token
      const query = `count=2&before_id=9&ids=${other!.id},me&source=me&targets=${other!.id}&q=a`
      const fields = {
        name: 'R',
        locale: 'en',
        timezone: 'UTC',
        description: { text: 'r @bo #x http://a.example' },
      }
      const body =
        method === 'GET' || method === 'DELETE'
          ? ''
          : route.path === '/oauth/access_token'
            ? 'grant_type=client_credentials&client_id=a&client_secret=b'
            : JSON.stringify(
                route.answers === 'Outcomes'
                  ? { follow: [other!.id, '@bo'], accept: [other!.id, '@bo'] }
                  : { ...fields, username: 'raw', to: other!.id },
              )
      const type =
        route.path === '/oauth/access_token' ? 'application/x-www-form-urlencoded' : 'application/json'
      const head = (target: string, lines: string) =>
        `${method} ${target} HTTP/1.1\r\nHost: x\r\n${lines}${body === '' ? '' : `Content-Type: ${type}\r\nContent-Length: ${body.length}\r\n`}\r\n${body}`
      return [
        head(`${path}?${query}`, `Authorization: Bearer ${token}\r\n`),
        head(`${path}?access_token=${token}`, 'Connection: close\r\n'),
        head(`${path}?callback=a.b`, ''),
      ]
    }),
  )
  return texts.map((text) => Buffer.from(text))
}

// A service that has the whole request answers within three seconds, on a busy machine later; Node drops the answer to a client that ends
// its half of the connection sooner.
const ANSWERED_MS = scale(7_000, 3_500)
const QUIET_MS = 20

/** Sends bytes and reads until the service ends the connection, which is asked for once it is quiet; null after 40 s. */
function exchange(url: URL, bytes: Buffer): Promise<Buffer | null> {
  return new Promise((resolve) => {
    const socket = connect({ port: Number(url.port), host: url.hostname })
    const pieces: Buffer[] = []
    const end = () => socket.end()
    let quiet = setTimeout(end, bytes.toString('latin1').trim() === '' ? 0 : ANSWERED_MS)
    const late = setTimeout(() => {
      resolve(null)
      socket.destroy()
    }, 40_000)
    socket.on('data', (piece: Buffer) => {
      pieces.push(piece)
      clearTimeout(quiet)
      // 100 Continue is not the answer yet.
      const answered = answersIn(Buffer.concat(pieces)).statuses.length > 0
      quiet = setTimeout(end, answered ? QUIET_MS : ANSWERED_MS)
    })
    socket.on('error', () => undefined)
    socket.on('close', () => {
      clearTimeout(late)
      clearTimeout(quiet)
      resolve(Buffer.concat(pieces))
    })
    socket.write(bytes)
  })
}

it('19: mutated requests: no 500, no crash, always the envelope', { timeout: 3_600_000 }, async () => {
  const program = await serve({ NEO4J_URI: uri, NEO4J_PASSWORD: password, LOG_LEVEL: 'error' })
  const url = new URL(program.url)
  const next = random(newSeed())
  const tally = new Map<string, number>()
  const wrong: string[] = []
  const count = runs(6_000, 100_000)
  let valid = await requests()
  let sent = 0
  for (const request of valid) {
    const { statuses } = answersIn((await exchange(url, request)) ?? Buffer.alloc(0))
    expect(statuses, request.toString()).toHaveLength(1)
  }
  // Many at once, because incomplete requests wait for their rest.
  await lanes(200, count, async () => {
    // Some requests revoke their token, so new ones are made from time to time.
    sent += 1
    if (sent % 2_000 === 0) valid = await requests()
    const bytes = mutated(next, valid)
    const got = await exchange(url, bytes)
    const shown = () => JSON.stringify(bytes.subarray(0, 600).toString('latin1'))
    if (got === null) return void wrong.push(`no end: ${shown()}`)
    const answers = answersIn(got)
    if (answers.wrong !== null) wrong.push(`${answers.wrong} for ${shown()}`)
    if (answers.statuses.includes(500)) wrong.push(`500 for ${shown()}`)
    // Only a request without any bytes but white space may stay without an answer.
    if (answers.statuses.length === 0 && bytes.toString('latin1').trim() !== '')
      wrong.push(`no answer for ${shown()}`)
    for (const status of answers.statuses) tally.set(`${status}`, (tally.get(`${status}`) ?? 0) + 1)
  })
  expect(wrong.slice(0, 10)).toEqual([])
  expect(program.child.exitCode).toBeNull()
  expect((await fetch(`${program.url}/health/ready`)).status).toBe(200)
  expect(program.said()).not.toContain('"level":50')
  program.child.kill('SIGTERM')
  expect(await program.exited).toBe(0)
  measured(
    19,
    `${count} mutated requests, answers ${JSON.stringify(Object.fromEntries([...tally].sort()))}: no 500, the envelope always`,
  )
})
