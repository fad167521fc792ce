// The command `webhook`: an operator registers, lists and tries webhooks of apps.
import { afterAll, describe, expect, inject, it } from 'vitest'
import { createParts } from '../../src/create-parts.ts'
import { endPrograms, runProgram } from '../support/program.ts'
import { startReceiver } from '../support/receiver.ts'

const neo4j = inject('neo4j')
const parts = createParts(neo4j, { maxFollowing: null })
const receiver = await startReceiver()
const client = (scopes: string[]) =>
  parts.tokens.createClient({ name: 'hooks', link: '', scopes, maxFollowing: null })
const { client_id: app } = await client(['basic', 'events'])
afterAll(async () => {
  for (const { id } of await parts.webhooks.store.list(app)) await parts.webhooks.store.remove(id, app)
  endPrograms()
  await Promise.all([receiver.stop(), parts.graph.close()])
})

async function webhook(args: string[], settings: Record<string, string> = {}) {
  const run = runProgram(['webhook', ...args], {
    NEO4J_URI: neo4j.uri,
    NEO4J_USERNAME: neo4j.username,
    NEO4J_PASSWORD: neo4j.password,
    ...settings,
  })
  const status = await run.exited
  return { status, told: run.told(), printed: run.printed() === '' ? undefined : JSON.parse(run.printed()) }
}
// Other files' instances deliver to it as well.
const tests = () => receiver.deliveries.filter(({ id }) => id.startsWith('msg_test_'))
const development = { WEBHOOKS_PRIVATE: 'on' }

describe('webhook', () => {
  it('create, list and test', { timeout: 60_000 }, async () => {
    const made = await webhook(
      ['create', receiver.url, '--client', app, '--types', 'block,mute'],
      development,
    )
    expect(made).toMatchObject({
      status: 0,
      printed: {
        id: expect.stringMatching(/^\d+$/),
        url: receiver.url,
        types: ['mute', 'block'],
        secret: expect.stringMatching(/^whsec_/),
        enabled: true,
        client_id: app,
      },
    })
    const { secret, ...hook } = made.printed
    const list = await webhook(['list'])
    expect(list.status).toBe(0)
    expect(list.printed.filter((one: { client_id: string }) => one.client_id === app)).toEqual([
      expect.objectContaining({ id: hook.id, url: hook.url, client_id: app }),
    ])
    expect(JSON.stringify(list.printed)).not.toContain('whsec_')

    receiver.secret = secret
    const taken = await webhook(['test', hook.id], development)
    expect(taken).toMatchObject({
      status: 0,
      printed: { id: hook.id, url: hook.url, delivered: true, status: 200, error: null },
    })
    const [delivery] = tests()
    expect(receiver.forged).toBe(0)
    expect(delivery?.events).toEqual([
      {
        meta: { id: '0', timestamp: expect.any(Number), type: 'reset', test: true },
        data: { reason: 'test' },
      },
    ])

    receiver.answer = (_, response) => response.writeHead(500).end()
    const refused = await webhook(['test', hook.id], development)
    expect(refused).toMatchObject({
      status: 1,
      printed: { delivered: false, status: 500, error: 'The receiver answered 500.' },
    })
    const guarded = await webhook(['test', hook.id])
    expect(guarded).toMatchObject({ status: 1, printed: { delivered: false, status: null } })
    expect(tests()).toHaveLength(2)
  })

  it.each([
    ['create without a client', ['create', 'https://hooks.invalid/'], 2, /--client/],
    ['create for nobody', ['create', 'https://hooks.invalid/', '--client', 'nobody'], 1, /no client nobody/],
    ['create of a private address', ['create', 'https://127.0.0.1/', '--client', app], 2, /not public/],
    ['create of no address', ['create', 'hooks', '--client', app], 2, /whole address/],
    [
      'create of an unknown type',
      ['create', 'https://hooks.invalid/', '--client', app, '--types', 'like'],
      2,
      /no type like/,
    ],
    [
      'create of no type',
      ['create', 'https://hooks.invalid/', '--client', app, '--types', ','],
      2,
      /user_follow, mute/,
    ],
    ['test of no id', ['test', 'x'], 2, /whole number/],
    ['test of an unknown id', ['test', '9223372036854775806'], 1, /no webhook 9223372036854775806/],
    ['an unknown command', ['destroy'], 2, /destroy/],
  ] as const)('%s is told and fails', { timeout: 60_000 }, async (_, args, status, why) => {
    const failed = await webhook([...args])
    expect([failed.status, failed.told]).toEqual([status, expect.stringMatching(why)])
    expect(failed.printed).toBeUndefined()
  })

  it('create for a client without the scope events is told and fails', { timeout: 60_000 }, async () => {
    const { client_id } = await client(['basic'])
    const failed = await webhook(['create', 'https://hooks.invalid/', '--client', client_id])
    expect([failed.status, failed.told]).toEqual([1, expect.stringMatching(/lacks the scope events/)])
  })
})
