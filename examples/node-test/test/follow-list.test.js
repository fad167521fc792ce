import assert from 'node:assert/strict'
import { after, before, beforeEach, mock, test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { startFollowGraph } from 'follow-graph/testing'
import { followList } from '../src/follow-list.js'

let graph
let api

before(async () => {
  graph = await startFollowGraph({ settings: { MAX_FOLLOWING: '2' } })
  api = `${graph.url}/stream/0`
})
after(() => graph?.stop())
beforeEach(() => graph.reset())

// The first call of a kind on a database that was just started may take too long: then it is a 503, to be repeated after Retry-After.
async function call(token, method, path) {
  for (;;) {
    const answer = await fetch(api + path, { method, headers: { Authorization: `Bearer ${token}` } })
    if (answer.status !== 503) return answer
    await wait(1_000 * Number(answer.headers.get('Retry-After') ?? 1))
  }
}

test('follows who is there and names who is not', async () => {
  const ada = await graph.createUser({ username: 'ada' })
  const bo = await graph.createUser({ username: 'bo' })
  const token = await graph.tokenFor(ada)

  assert.deepEqual(await followList(api, token, ['bo', 'nobody']), {
    followed: ['bo'],
    unknown: ['nobody'],
    refused: {},
  })
  const { data } = await (await call(token, 'GET', `/users/${bo.id}`)).json()
  assert.equal(data.you_follow, true)
  assert.equal(data.counts.followers, 1)
})

test('goes on after a refusal', async () => {
  const [ada, bo] = [await graph.createUser({ username: 'ada' }), await graph.createUser({ username: 'bo' })]
  for (const username of ['cy', 'di', 'ed']) await graph.createUser({ username })
  await call(await graph.tokenFor(bo), 'POST', `/users/${ada.id}/block`)

  assert.deepEqual(await followList(api, await graph.tokenFor(ada), ['bo', 'cy', 'di', 'ed']), {
    followed: ['cy', 'di'],
    unknown: [],
    refused: { bo: 'blocked', ed: 'follow-limit' },
  })
})

test('unfollowing makes room again', async () => {
  const ada = await graph.createUser({ username: 'ada' })
  const [bo, cy] = [await graph.createUser({ username: 'bo' }), await graph.createUser({ username: 'cy' })]
  for (const followee of [bo, cy]) await graph.follow(ada, followee)
  await graph.createUser({ username: 'di' })
  const token = await graph.tokenFor(ada)
  await call(token, 'DELETE', `/users/${bo.id}/follow`)

  assert.deepEqual((await followList(api, token, ['di'])).followed, ['di'])
})

test('the service goes on while timers are faked', async () => {
  mock.timers.enable({ apis: ['setTimeout', 'setInterval', 'setImmediate', 'Date'] })
  try {
    const ada = await graph.createUser({ username: 'ada' })
    await graph.createUser({ username: 'bo' })
    mock.timers.tick(86_400_000)
    assert.deepEqual((await followList(api, await graph.tokenFor(ada), ['bo'])).followed, ['bo'])
  } finally {
    mock.timers.reset()
  }
})
