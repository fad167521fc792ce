// Webhooks are delivered to real receivers on loopback: in order, whole, signed, again after a failure, and not for ever.
// Long, because all of it uses the same receiver.
import { setTimeout as wait } from 'node:timers/promises'
import { afterAll, afterEach, describe, expect, inject, it } from 'vitest'
import { readConfig } from '../../src/config.ts'
import { startService } from '../../src/service.ts'
import { type Receiver, type SentEvent, startReceiver } from '../support/receiver.ts'
import { startTestService } from '../support/service.ts'

// Everything is changed at another instance than the one that delivers: it leaves private addresses alone.
const other = await startTestService()
const neo4j = inject('neo4j')
const config = readConfig({
  NEO4J_URI: neo4j.uri,
  NEO4J_USERNAME: neo4j.username,
  NEO4J_PASSWORD: neo4j.password,
  NEO4J_DATABASE: neo4j.database,
  RATE_LIMIT: 'off',
  LOG_LEVEL: 'silent',
  PORT: '0',
  WEBHOOKS_PRIVATE: 'on',
})
// Longer than a database that plans its statements for the first time takes over two tries.
const KEEP_MS = 8_000
const service = await startService(config, neo4j, true, undefined, {
  retryMs: [200, 400],
  keepDays: KEEP_MS / 86_400_000,
})
afterAll(() => service.stop())

const app = await other.appToken(['basic', 'events'])
const receivers: Receiver[] = []
afterEach(async () => {
  for (const { id } of (await call('GET', '/webhooks')).body.data) await call('DELETE', `/webhooks/${id}`)
  await Promise.all(receivers.splice(0).map((receiver) => receiver.stop()))
})

async function call(method: string, path: string, json?: unknown) {
  const response = await fetch(service.url + path, {
    method,
    headers: { Authorization: `Bearer ${app}`, 'Content-Type': 'application/json' },
    ...(json === undefined ? {} : { body: JSON.stringify(json) }),
  })
  return { status: response.status, headers: response.headers, body: JSON.parse(await response.text()) }
}

async function receiver(): Promise<Receiver> {
  const made = await startReceiver()
  receivers.push(made)
  return made
}

/** A receiver whose webhook is registered. */
async function hooked(types?: string[]) {
  const made = await receiver()
  const answer = await call('POST', '/webhooks', { url: made.url, types })
  expect(answer.status, JSON.stringify(answer.body)).toBe(200)
  made.secret = answer.body.data.secret
  return { receiver: made, hook: answer.body.data, path: `/webhooks/${answer.body.data.id}` }
}

const show = async (path: string) => (await call('GET', path)).body.data
const idsOf = (events: SentEvent[]) => events.map(({ meta }) => meta.id)
// Other files change the same graph meanwhile.
const of = (user: { id: string }) => (event: SentEvent) =>
  event.data.user?.id === user.id || event.data.id === user.id

describe('delivery', () => {
  it('sends every event once, in order, in signed messages of up to 100', async () => {
    const { receiver, hook, path } = await hooked(['user_follow'])
    const user = await other.user()
    const ids: string[] = []
    while (ids.length < 150) ids.push(...(await other.users(15)).map(({ id }) => id))
    await other.call('POST', '/follows', { token: user.token, json: { follow: ids } })
    await other.call('POST', '/follows', { token: user.token, json: { unfollow: ids.slice(50) } })
    const ours = () => receiver.accepted.filter(of(user))
    await receiver.until(() => ours().length >= 250)
    expect(receiver.forged).toBe(0)
    for (const { headers, events } of receiver.deliveries) {
      expect(headers['content-type']).toBe('application/json; charset=utf-8')
      expect(headers['user-agent']).toMatch(/^follow-graph\/\d/)
      expect(events.length).toBeLessThanOrEqual(100)
    }
    const messages = receiver.deliveries.map(({ id }) => id)
    expect(new Set(messages).size).toBe(messages.length)
    // The same events that a reader is shown, those of other files included.
    let since = hook.last_id
    const read: SentEvent[] = []
    for (let more = true; more; ) {
      const page = await call('GET', `/events?types=user_follow&count=200&since_id=${since}`)
      read.push(...page.body.data)
      ;({ max_id: since, more } = page.body.meta)
    }
    const sent = receiver.accepted
    expect(idsOf(sent)).toEqual(idsOf(read).slice(0, sent.length))
    // Users are shown as they are when it is sent.
    expect(ours()[0]?.meta).toEqual(read.find(of(user))?.meta)
    expect(Object.keys(ours()[0]?.data)).toEqual(['user', 'follows_user'])
    expect(receiver.deliveries.map(({ text }) => text).join()).not.toContain('\\u0001')
    expect(ours()[0]?.data.user.canonical_url).toContain(service.url)
    await receiver.until(() => receiver.accepted.length > 0)
    expect(await show(path)).toMatchObject({ enabled: true, last_status: 200, last_error: null })
  })

  it('sends only the types that were asked for, from registration on', async () => {
    const [ann, bo] = await Promise.all([other.user(), other.user()])
    await other.call('POST', `/users/${bo.id}/mute`, { token: ann.token })
    const { receiver } = await hooked(['mute', 'block'])
    await other.call('POST', `/users/${bo.id}/follow`, { token: ann.token })
    await other.call('DELETE', `/users/${bo.id}/mute`, { token: ann.token })
    await other.call('POST', `/users/${bo.id}/block`, { token: ann.token })
    const ours = () => receiver.accepted.filter(of(ann))
    await receiver.until(() => ours().length >= 2)
    expect(ours().map(({ meta }) => [meta.type, meta.is_deleted])).toEqual([
      ['mute', true],
      ['block', undefined],
    ])
  })

  it('tries the same message again under the same id until it is taken, and then goes on in order', {
    timeout: 60_000,
  }, async () => {
    const { receiver, path } = await hooked(['mute'])
    const user = await other.user()
    const targets = await other.users(3)
    const mute = (n: number) => other.call('POST', `/users/${targets[n]?.id}/mute`, { token: user.token })
    let refuses = true
    receiver.answer = (_, response) => response.writeHead(refuses ? 500 : 200).end('no')
    await mute(0)
    await receiver.until(() => receiver.deliveries.length >= 1)
    await mute(1)
    await mute(2)
    await expect
      .poll(() => show(path), { timeout: 15_000 })
      .toMatchObject({
        enabled: true,
        last_status: 500,
        last_error: 'The receiver answered 500.',
      })
    await receiver.until(() => receiver.deliveries.length >= 3)
    refuses = false
    await receiver.until(() => receiver.accepted.filter(of(user)).length >= 3)
    const [first, ...rest] = receiver.deliveries
    for (const again of rest.slice(0, 2)) expect([again.id, again.text]).toEqual([first?.id, first?.text])
    expect(rest.at(-1)?.id).not.toBe(first?.id)
    expect(receiver.accepted.filter(of(user)).map(({ data }) => data.muted_user.id)).toEqual(
      targets.map(({ id }) => id),
    )
    const last = receiver.accepted.at(-1)?.meta.id
    await expect
      .poll(() => show(path), { timeout: 15_000 })
      .toMatchObject({ last_id: last, last_status: 200, last_error: null })
  })

  it('follows no redirect', async () => {
    const { receiver: sly, path } = await hooked(['mute'])
    const target = await receiver()
    sly.answer = (_, response) => response.writeHead(302, { Location: target.url }).end()
    const [ann, bo] = await other.users(2)
    await other.call('POST', `/users/${bo?.id}/mute`, { token: ann?.token as string })
    await sly.until(() => sly.deliveries.length >= 2)
    expect(await show(path)).toMatchObject({
      last_status: 302,
      last_error: 'The receiver answered 302. Redirects are not followed.',
    })
    expect(target.connections).toBe(0)
  })

  it('does not let receivers that never answer hold up another', { timeout: 40_000 }, async () => {
    const dead = await receiver()
    dead.answer = () => undefined
    const hooks = await Promise.all(
      Array.from({ length: 30 }, () => call('POST', '/webhooks', { url: dead.url, types: ['mute'] })),
    )
    const { receiver: good } = await hooked(['mute'])
    const ann = await other.user()
    for (const bo of await other.users(3)) {
      const before = good.accepted.filter(of(ann)).length
      await other.call('POST', `/users/${bo.id}/mute`, { token: ann.token })
      await good.until(() => good.accepted.filter(of(ann)).length > before, 9_000)
    }
    const path = `/webhooks/${hooks[0]?.body.data.id}`
    // Until then no call of the dead one was over: the good one was told beside them.
    expect((await show(path)).last_error).toBeNull()
    await dead.until(() => dead.deliveries.length >= 30)
    await expect
      .poll(() => show(path), { timeout: 15_000 })
      .toMatchObject({ last_status: null, last_error: 'The receiver did not answer within 10 s.' })
  })
})

describe('a change', () => {
  async function mutes(count: number) {
    const [ann, ...rest] = await other.users(count + 1)
    const user = ann as { id: string; token: string }
    return {
      user,
      mute: (n: number) => other.call('POST', `/users/${rest[n]?.id}/mute`, { token: user.token }),
    }
  }

  it('of the url sends what has failed to the new one at once', async () => {
    const { receiver: broken, path } = await hooked(['mute'])
    broken.answer = (_, response) => response.writeHead(410).end()
    const { user, mute } = await mutes(1)
    await mute(0)
    await broken.until(() => broken.deliveries.length > 0)
    const mended = await receiver()
    mended.secret = broken.secret
    expect((await call('PATCH', path, { url: mended.url })).body.data).toMatchObject({
      url: mended.url,
      last_error: null,
    })
    await mended.until(() => mended.accepted.filter(of(user)).length === 1)
    expect(mended.forged).toBe(0)
  })

  it('of enabled ends it, and lets it go on where it was', async () => {
    const { receiver, path } = await hooked(['mute'])
    const { user, mute } = await mutes(2)
    expect((await call('PATCH', path, { enabled: false })).body.data.enabled).toBe(false)
    await mute(0)
    await wait(500)
    expect(receiver.deliveries).toEqual([])
    expect((await call('PATCH', path, { enabled: true })).body.data.enabled).toBe(true)
    await mute(1)
    await receiver.until(() => receiver.accepted.filter(of(user)).length === 2)
  })

  it('is no end of it: one that was deleted is told nothing more', async () => {
    const { receiver, path } = await hooked(['mute'])
    const { user, mute } = await mutes(2)
    await mute(0)
    await receiver.until(() => receiver.accepted.filter(of(user)).length === 1)
    await call('DELETE', path)
    await mute(1)
    await wait(500)
    expect(receiver.accepted.filter(of(user))).toHaveLength(1)
  })

  it('comes by itself after too long without success: disabled, says so, and is enabled again at its place', {
    timeout: 60_000,
  }, async () => {
    const { receiver, path } = await hooked(['mute'])
    receiver.answer = (_, response) => response.writeHead(503).end()
    const { user, mute } = await mutes(2)
    await mute(0)
    await expect
      .poll(() => show(path), { timeout: 30_000 })
      .toMatchObject({
        enabled: false,
        last_status: 503,
        last_error: expect.stringMatching(
          /^Disabled: nothing was delivered for as long as events are kept.*answered 503/,
        ),
      })
    const tries = receiver.deliveries.length
    expect(tries).toBeGreaterThan(3)
    await mute(1)
    await wait(500)
    expect(receiver.deliveries).toHaveLength(tries)
    receiver.answer = (_, response) => void response.end()
    const enabled = await call('PATCH', path, { enabled: true })
    expect(enabled.body.data).toMatchObject({ enabled: true, last_error: null })
    await receiver.until(() => receiver.accepted.filter(of(user)).length === 2)
    const metrics = await (await fetch(`${service.url}/metrics`)).text()
    for (const outcome of ['delivered', 'refused', 'disabled'])
      expect(metrics).toMatch(
        new RegExp(`followgraph_webhook_deliveries_total\\{outcome="${outcome}"\\} [1-9]`),
      )
    expect(metrics).toMatch(/followgraph_webhook_behind_seconds \d/)
  })
})
