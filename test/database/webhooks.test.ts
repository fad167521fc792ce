// Several instances on one graph: one delivers at a time, and when it dies another goes on where it was.
import { setTimeout as wait } from 'node:timers/promises'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { dropOld } from '../../src/events/keep.ts'
import type { TestUser } from '../../src/testing.ts'
import { freePort } from '../support/free-port.ts'
import { ownGraph } from '../support/own-graph.ts'
import { untilAnswered } from '../support/patiently.ts'
import { endPrograms, type Run, runProgram } from '../support/program.ts'
import { startReceiver } from '../support/receiver.ts'

const graph = ownGraph()
const receiver = await startReceiver()
afterAll(async () => {
  endPrograms()
  await receiver.stop()
})

async function serve(): Promise<{ url: string; run: Run }> {
  const port = String(await freePort())
  const run = runProgram(['serve'], {
    ...graph.settings(),
    PORT: port,
    RATE_LIMIT: 'off',
    LOG_LEVEL: 'warn',
    WEBHOOKS_PRIVATE: 'on',
  })
  const url = `http://127.0.0.1:${port}`
  for (let ready = false; !ready; ) {
    expect(run.child.exitCode, run.told()).toBeNull()
    ready = await fetch(`${url}/health/ready`).then(
      ({ ok }) => ok,
      () => false,
    )
    await wait(100)
  }
  return { url, run }
}

const holder = async () => {
  const [row] = await graph.cypher("MATCH (l:Lease {name: 'webhooks-private'}) RETURN l.holder")
  return row?.[0] ?? null
}

/** A call of the app at an instance. */
async function call(at: { url: string }, method: string, path: string, json?: unknown) {
  const answer = await untilAnswered(() =>
    fetch(at.url + path, {
      method,
      headers: { Authorization: `Bearer ${app}`, 'Content-Type': 'application/json' },
      ...(json === undefined ? {} : { body: JSON.stringify(json) }),
    }),
  )
  const text = await answer.text()
  expect(answer.status, text).toBe(200)
  return JSON.parse(text).data
}

let app = ''
beforeAll(async () => {
  app = await graph.kit.appToken(['basic', 'events'])
})
const followed = () => receiver.accepted.map(({ data }) => data.follows_user.id)

async function users(count: number) {
  const made: TestUser[] = []
  while (made.length < count) made.push(await graph.kit.createUser())
  return made as [TestUser, ...TestUser[]]
}

it('each event once while both live; after kill -9 of the one that delivers the other goes on', async () => {
  const first = await serve()
  const hook = await call(first, 'POST', '/webhooks', { url: receiver.url, types: ['user_follow'] })
  receiver.secret = hook.secret
  const [user, ...targets] = await users(13)
  const ids = targets.map(({ id }) => id)
  const follow = (n: number) => graph.kit.follow(user, targets[n] as TestUser)
  await follow(0)
  await receiver.until(() => receiver.accepted.length === 1, 30_000)
  const byFirst = await holder()
  expect(byFirst).not.toBeNull()

  const second = await serve()
  for (let n = 1; n <= 5; n += 1) await follow(n)
  await receiver.until(() => receiver.accepted.length >= 6, 30_000)
  await wait(500)
  expect(followed()).toEqual(ids.slice(0, 6))

  const [dies, lives] = (await holder()) === byFirst ? [first, second] : [second, first]
  // It dies in the middle of a delivery.
  let hangs = true
  receiver.answer = (_, response) => {
    if (!hangs) response.end()
  }
  const before = receiver.deliveries.length
  await follow(6)
  await receiver.until(() => receiver.deliveries.length > before, 30_000)
  dies.run.child.kill('SIGKILL')
  await dies.run.exited
  hangs = false
  for (let n = 7; n < 12; n += 1) await follow(n)
  // Within thirty seconds, and what a busy machine adds.
  await receiver.until(() => receiver.accepted.length >= 12, 45_000)
  expect(followed()).toEqual(ids)
  expect(receiver.forged).toBe(0)
  const again = receiver.deliveries.filter(({ text }) => text.includes(`"id":"${ids[6]}"`))
  expect(again.length).toBe(2)

  // One that is stopped gives its turn back.
  await call(lives, 'DELETE', `/webhooks/${hook.id}`)
  lives.run.child.kill('SIGTERM')
  expect(await lives.run.exited).toBe(0)
  expect(await holder()).toBeNull()
})

it('a webhook whose events are gone is disabled, says so, and goes on from now when it is enabled again', async () => {
  receiver.accepted = []
  receiver.secret = ''
  const { app: client } = await call(graph.kit, 'GET', '/token')
  const registration = { clientId: client.client_id, url: receiver.url, types: null, private: true }
  await graph.parts.webhooks.store.create(registration)
  const [user, ...targets] = await users(4)
  const follow = (n: number) => graph.kit.follow(user, targets[n] as TestUser)
  await follow(0)
  await follow(1)
  // Nobody delivered meanwhile, and only the newest event is kept.
  expect(await dropOld(graph.parts, { days: 7, most: 1n })).toBeGreaterThan(0)
  const again = await serve()
  await expect
    .poll(() => call(again, 'GET', '/webhooks'), { timeout: 30_000 })
    .toMatchObject([{ enabled: false, last_error: expect.stringMatching(/^Disabled: .* no longer kept/) }])
  const [hook] = await call(again, 'GET', '/webhooks')
  const enabled = await call(again, 'PATCH', `/webhooks/${hook.id}`, { enabled: true })
  expect(enabled).toMatchObject({ enabled: true, last_error: expect.stringMatching(/left out/) })
  expect(BigInt(enabled.last_id)).toBeGreaterThan(BigInt(hook.last_id))
  await follow(2)
  await receiver.until(() => receiver.accepted.length > 0, 30_000)
  expect(receiver.accepted.map(({ data }) => data.follows_user?.id)).toEqual([targets[2]?.id])
})
