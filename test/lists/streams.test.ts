// The service frees the stream of a complete list of ids, whatever the client does: `followgraph_streams` counts those that are open.
import { connect } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { metric } from '../support/metrics.ts'
import { startTestService } from '../support/service.ts'

const service = await startTestService()

it('no stream stays open: after a complete read, after HEAD, or when the client disconnects', async () => {
  const [owner, fan] = await service.users(2)
  await service.follow(fan!.id, owner!)
  const path = `/users/${owner!.id}/followers/ids`
  expect((await service.call('GET', path, { token: owner!.token })).body.data).toEqual([fan!.id])
  expect((await service.call('HEAD', path, { token: owner!.token })).status).toBe(200)
  const { hostname, port } = new URL(service.url)
  for (let n = 0; n < 20; n += 1) {
    const socket = connect(Number(port), hostname)
    socket.on('error', () => undefined)
    socket.write(`GET ${path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${owner!.token}\r\n\r\n`)
    // Some disconnect before the answer, some during it.
    await wait(n)
    socket.destroy()
  }
  await expect.poll(() => metric(service.url, 'followgraph_streams'), { timeout: 10_000 }).toBe(0)
})
