// The command line where the database is given wrong: a login that is refused, an address of something else, a database that does not exist.
import { randomBytes } from 'node:crypto'
import { createServer as createHttpServer } from 'node:http'
import { createServer, type Socket } from 'node:net'
import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest'
import { openGraph } from '../../src/graph/graph.ts'
import {
  ENV,
  ended,
  expectSentence,
  listening,
  refusedSettings,
  run,
  start,
  useCommands,
} from './commands.ts'

useCommands()

vi.setConfig({ testTimeout: 60_000 })
const neo4j = inject('neo4j')

/** Sends a statement about users of the database itself. */
async function administer(text: string, params: Record<string, unknown> = {}) {
  const graph = openGraph({ ...neo4j, database: 'system' })
  try {
    // One statement, and no look whether the database answers others: on `system` none may be asked.
    await graph.write('test', text, params, 60_000)
  } finally {
    await graph.close()
  }
}

describe('a login that is refused', () => {
  const name = () => `cli_${randomBytes(6).toString('hex')}`
  const user = name()
  beforeAll(() => administer(`CREATE USER ${user} SET PASSWORD 'right-password' CHANGE NOT REQUIRED`))
  afterAll(() => administer(`DROP USER ${user}`))

  it.each([[['user', 'create', '--username', 'unwritten']], [['serve', '--sample']]])(
    'is told at once, after one try: %j',
    async (args) => {
      const settings = { NEO4J_USERNAME: user, NEO4J_PASSWORD: 'wrong', PORT: '0' }
      const wrong = await run(args, settings)
      expectSentence(wrong, new RegExp(`refuses the login of the user ${user}: NEO4J_PASSWORD .* is wrong`))
      // Neo4j locks after three: this proves that there was one. The right one sets its count back.
      expectSentence(await run(['migrate'], settings), /NEO4J_PASSWORD .* is wrong/)
      const right = await run(['migrate'], { ...settings, NEO4J_PASSWORD: 'right-password' })
      expect([right.status, right.told]).toEqual([0, ''])
    },
  )

  it('of a name that is none, and of an empty password', async () => {
    expectSentence(
      await run(['migrate'], { NEO4J_USERNAME: name() }),
      /NEO4J_PASSWORD \(or NEO4J_USERNAME\) is wrong/,
    )
    expectSentence(
      await run(['migrate'], { NEO4J_PASSWORD: '' }),
      /requires a login, and NEO4J_PASSWORD is empty/,
    )
    const unset = await run(['migrate'], { NEO4J_PASSWORD: undefined })
    expectSentence(unset, /^NEO4J_URI is set and NEO4J_PASSWORD is not: .*NEO4J_PASSWORD=,/, 2)
  })

  it('because the account is locked is told so', async () => {
    const other = name()
    await administer(`CREATE USER ${other} SET PASSWORD 'right-password' CHANGE NOT REQUIRED`)
    const guess = async () => {
      const graph = openGraph({ ...neo4j, username: other })
      await expect(graph.ping()).rejects.toThrow('credentials')
      await graph.close()
    }
    for (let n = 0; n < 3; n += 1) await guess()
    // The lock lasts five seconds: it is kept up while the command starts.
    let over = false
    const guessing = (async () => {
      while (!over) await guess()
    })()
    const said = await run(['migrate'], { NEO4J_USERNAME: other })
    over = true
    await guessing
    await administer(`DROP USER ${other}`)
    expectSentence(said, /has locked the user .* check NEO4J_PASSWORD/)
  })

  it('because the password has expired is told so', async () => {
    const other = name()
    await administer(`CREATE USER ${other} SET PASSWORD 'first-password' CHANGE REQUIRED`)
    try {
      const said = await run(['migrate'], { NEO4J_USERNAME: other, NEO4J_PASSWORD: 'first-password' })
      expectSentence(said, /The password of the user .* has expired: change it there/)
    } finally {
      await administer(`DROP USER ${other}`)
    }
  })

  it('does not end `serve`, whose requests and probes try no further login', async () => {
    const settings = { NEO4J_USERNAME: user, NEO4J_PASSWORD: 'wrong', PORT: '0', LOG_LEVEL: 'silent' }
    const command = start(['serve'], settings)
    await vi.waitFor(() => expect(command.told()).toMatch(/NEO4J_PASSWORD/), { timeout: 20_000 })
    const { url } = JSON.parse(command.printed())
    const ask = (path: string) => fetch(url + path).then((answer) => answer.status)
    for (let n = 0; n < 5; n += 1)
      expect(
        new Set(await Promise.all(['/health/ready', '/users/1', '/users/2', '/users/3'].map(ask))),
      ).toEqual(new Set([503]))
    expect(await (await fetch(`${url}/health/ready`)).json()).toMatchObject({ reason: 'credentials' })
    const right = await run(['migrate'], { ...settings, NEO4J_PASSWORD: 'right-password' })
    expect([right.status, right.told]).toEqual([0, ''])
    expect(command.told()).toMatch(/is wrong\. It is tried again every 30 seconds\./)
    command.child.kill('SIGINT')
    expect((await ended(command)).status).toBe(0)
  })
})

describe('an address that is wrong', () => {
  const host = new URL(neo4j.uri).host

  it.each<[string, RegExp]>([
    [`http://${host}`, /Bolt port \(7687\) is needed/],
    ['https://localhost:7473', /Bolt port \(7687\) is needed/],
    [host, /with bolt:\/\/ or neo4j:\/\/ in front/],
    ['localhost', /with bolt:\/\/ or neo4j:\/\/ in front/],
    ['postgres://localhost', /must be an address such as bolt:/],
    ['bolt://', /must be an address such as bolt:/],
    ['bolt:// localhost', /must be an address such as bolt:/],
    ['bolt://localhost:99999', /must be an address such as bolt:/],
    ['bolt://localhost:port', /must be an address such as bolt:/],
    ['bolt://localhost?a=b', /must be an address such as bolt:/],
    [`bolt://${host}/neo4j`, /NEO4J_DATABASE names the database/],
    ['bolt://neo4j:s3cret-word@localhost', /set NEO4J_USERNAME and NEO4J_PASSWORD/],
  ])('in its form is wrong usage: %s', (uri, sentence) => {
    const said = refusedSettings({ ...ENV, NEO4J_URI: uri })
    expect(said).toMatch(/^The setting NEO4J_URI must /)
    expect(said).toMatch(sentence)
    expect(said).not.toContain('s3cret-word')
  })

  it('in its form ends a command with 2', async () => {
    const said = await run(['migrate'], { NEO4J_URI: 'localhost:7687' })
    expectSentence(said, /^The setting NEO4J_URI must be an address .* in front\.$/, 2)
  })

  it.each<[string, RegExp]>([
    [`bolt+s://${host}`, /does not speak TLS/],
    [`bolt+ssc://${host}`, /does not speak TLS/],
    [`neo4j+s://${host}`, /does not speak TLS/],
    ['bolt://no-such-host.invalid:7687', /There is no host with the name in/],
    ['neo4j://no-such-host.invalid', /There is no host with the name in/],
  ])('is told at once: %s', async (uri, sentence) => {
    expectSentence(await run(['migrate'], { NEO4J_URI: uri }), sentence)
  })

  it('because it is that of an HTTP server or another program is told at once', async () => {
    const http = await listening(createHttpServer((_, answer) => answer.end()))
    expectSentence(
      await run(['migrate'], { NEO4J_URI: `bolt://127.0.0.1:${http}` }),
      /speaks HTTP, not Bolt: .*7687/,
    )
    const ssh = await listening(createServer((socket: Socket) => socket.end('SSH-2.0-OpenSSH_9.2\r\n')))
    expectSentence(await run(['migrate'], { NEO4J_URI: `bolt://127.0.0.1:${ssh}` }), /is not Neo4j/)
  })

  it('because there is no such database is told at once', async () => {
    expectSentence(
      await run(['migrate'], { NEO4J_DATABASE: 'nowhere' }),
      /There is no database nowhere at bolt:/,
    )
    expectSentence(
      await run(['migrate'], { NEO4J_DATABASE: 'no where!' }),
      /There is no database no where! at/,
    )
    expectSentence(
      await run(['migrate'], { NEO4J_DATABASE: 'system' }),
      /NEO4J_DATABASE must name a database for data/,
      2,
    )
    const routed = { NEO4J_URI: neo4j.uri.replace('bolt', 'neo4j'), NEO4J_DATABASE: 'nowhere' }
    expectSentence(await run(['migrate'], routed), /There is no database nowhere at neo4j:/)
  })
})
