import assert from 'node:assert/strict'
import { beforeEach, describe, it } from 'mocha'
import sinon from 'sinon'
import { oneSided } from '../src/one-sided.js'
import { graph } from './graph.js'

describe('oneSided', () => {
  let ada
  let bo
  let token
  let api

  beforeEach(async () => {
    api = `${graph.url}/stream/0`
    ada = await graph.createUser({ username: 'ada' })
    bo = await graph.createUser({ username: 'bo' })
    token = await graph.tokenFor(ada)
  })

  it('is empty for one who follows nobody', async () => {
    await graph.follow(bo, ada)
    assert.deepEqual(await oneSided(api, token), [])
  })

  it('names everybody who does not follow back, from all pages', async () => {
    await graph.follow(ada, bo)
    await graph.follow(bo, ada)
    for (const username of ['cy', 'di', 'ed']) await graph.follow(ada, await graph.createUser({ username }))
    assert.deepEqual(await oneSided(api, token), ['ed', 'di', 'cy'])
  })

  it('knows of a follow back at once', async () => {
    await graph.follow(ada, bo)
    assert.deepEqual(await oneSided(api, token), ['bo'])
    await graph.follow(bo, ada)
    assert.deepEqual(await oneSided(api, token), [])
  })

  it('throws where the token is not valid', async () => {
    await assert.rejects(oneSided(api, 'nonsense'), /token/)
  })

  it('the service goes on while timers are faked', async () => {
    const clock = sinon.useFakeTimers({ toFake: ['setTimeout', 'setInterval', 'setImmediate', 'Date'] })
    try {
      await graph.follow(ada, bo)
      clock.tick(86_400_000)
      assert.deepEqual(await oneSided(api, token), ['bo'])
    } finally {
      clock.restore()
    }
  })
})
