// The name `jest` is taken: it is a parameter of every file that jest runs.
const { beforeEach, expect, jest: timers, test } = require('@jest/globals')
const { mayMessage } = require('../src/may-message.js')

const { graph } = globalThis
const api = `${graph.url}/stream/0`
let ada
let bo
let token

beforeEach(async () => {
  await graph.reset()
  ada = await graph.createUser({ username: 'ada' })
  bo = await graph.createUser({ username: 'bo' })
  token = await graph.tokenFor(ada)
})

test('strangers may not', async () => {
  expect(await mayMessage(api, token, bo.id)).toBe(false)
  expect(await mayMessage(api, token, '4711')).toBe(false)
})

test('one who follows may not', async () => {
  await graph.follow(ada, bo)
  expect(await mayMessage(api, token, bo.id)).toBe(false)
})

test('friends may, until one of them unfollows', async () => {
  await graph.follow(ada, bo)
  await graph.follow(bo, ada)
  expect(await mayMessage(api, token, bo.id)).toBe(true)

  const headers = { Authorization: `Bearer ${await graph.tokenFor(bo)}` }
  const answer = await fetch(`${api}/users/${ada.id}/follow`, { method: 'DELETE', headers })
  expect(answer.status).toBe(200)
  expect(await mayMessage(api, token, bo.id)).toBe(false)
})

test('a token that is not valid is no answer', async () => {
  await expect(mayMessage(api, 'nonsense', bo.id)).rejects.toThrow(`asking for user ${bo.id} answered 401`)
})

test('the service goes on while timers are faked', async () => {
  timers.useFakeTimers()
  try {
    await graph.follow(ada, bo)
    expect(await mayMessage(api, token, bo.id)).toBe(false)
    await graph.follow(bo, ada)
    timers.advanceTimersByTime(86_400_000)
    expect(await mayMessage(api, token, bo.id)).toBe(true)
  } finally {
    timers.useRealTimers()
  }
})
