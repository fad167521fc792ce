// `follow-graph/client` in Chromium, as a module of a page of another origin: calls, lists and events.
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { cleanUp, program } from '../faults/built.ts'
import { startTestService } from '../support/service.ts'
import { useChromium } from './chromium.ts'

const service = await startTestService()
const { watchedPage } = useChromium()
const modules = dirname(program('client/client.js'))
const elsewhere = createServer(({ url = '/' }, response) => {
  if (!url.endsWith('.js'))
    return response
      .setHeader('Content-Type', 'text/html')
      .end('<link rel="icon" href="data:,"><title>An app</title>')
  response.setHeader('Content-Type', 'text/javascript').end(readFileSync(join(modules, url.slice(1))))
})
beforeAll(() => new Promise<void>((resolve) => elsewhere.listen(0, '127.0.0.1', resolve)))
afterAll(() => {
  elsewhere.close()
  cleanUp()
})

it('follows, reads a list and is told of events', async () => {
  const [ada, bo, cy] = await service.users(3)
  const { page, wrong } = await watchedPage()
  await page.goto(`http://127.0.0.1:${(elsewhere.address() as AddressInfo).port}/`)
  const found = await page.evaluate<unknown, undefined>(`(async () => {
    const { FollowGraphClient } = await import('/client.js')
    const client = new FollowGraphClient({ url: '${service.url}', token: '${ada!.token}' })
    const { meta } = await client.call('myEvents')
    for (const id of ['${bo!.id}', '${cy!.id}']) await client.follow(id)
    const ids = []
    for await (const { id } of client.items('following', { user_id: 'me', count: 1 }, { from: 'oldest' })) ids.push(id)
    const events = []
    for await (const { data } of client.events('myEventsStream', { since_id: meta.max_id })) {
      events.push(data.follows_user.id)
      if (events.length === 2) break
    }
    return { ids, events }
  })()`)
  const both = [bo!.id, cy!.id]
  expect(found).toEqual({ ids: both, events: both })
  expect(wrong).toEqual([])
  await page.close()
}, 60_000)
