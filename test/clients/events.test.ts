// Streams of events as other people's clients read them: eventsource of npm, sseclient-py of PyPI, Chromium's own EventSource.
import { writeFileSync } from 'node:fs'
import { createServer as createHttpServer } from 'node:http'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { useChromium } from '../browser/chromium.ts'
import { eventReader, people } from '../events/support.ts'
import { startTestService } from '../support/service.ts'
import { fetched, load, run } from './tools.ts'

const service = await startTestService()
const reader = await eventReader(service)
const { watchedPage } = useChromium()

type Message = { data: string; lastEventId: string }
type Source = {
  addEventListener(type: string, listener: (message: Message) => void): void
  close(): void
}

it('eventsource (npm) is told of a follow, with its id', async () => {
  const { EventSource } = load('eventsource') as {
    EventSource: new (url: string, options: { fetch: typeof fetch }) => Source
  }
  const [ada, bo] = await people(service, 2)
  const since = await reader.now()
  const source = new EventSource(`${service.url}/users/me/events/stream?since_id=${since}`, {
    fetch: (url, init) =>
      fetch(url, {
        ...init,
        headers: { ...(init?.headers as Record<string, string>), Authorization: `Bearer ${ada.token}` },
      }),
  })
  const told = new Promise<Message>((resolve) => source.addEventListener('user_follow', resolve))
  await service.follow(ada.id, bo.id)
  const { data, lastEventId } = await told
  source.close()
  expect(JSON.parse(data).data.follows_user.id).toBe(bo.id)
  expect(JSON.parse(data).meta.id).toBe(lastEventId)
}, 30_000)

it('sseclient-py (PyPI) reads events and goes on behind the last one', async () => {
  const [ada, bo] = await people(service, 2)
  const since = await reader.now()
  await service.follow(ada.id, bo.id)
  await service.follow(bo.id, ada.id)
  const script = join(process.env.TMPDIR ?? '/tmp', `follow-graph-sse-${process.pid}.py`)
  writeFileSync(
    script,
    `import json, sys, requests, sseclient
url, token, last = sys.argv[1:]
for _ in range(2):
    headers = {"Authorization": "Bearer " + token, "Accept": "text/event-stream", "Last-Event-ID": last}
    answer = requests.get(url, headers=headers, stream=True, timeout=20)
    for event in sseclient.SSEClient(answer).events():
        if not event.data:
            continue
        last = event.id
        print(event.event, json.loads(event.data)["data"]["user"]["id"], flush=True)
        break
    answer.close()
`,
  )
  const { status, output } = await run(
    fetched('bin/python'),
    [script, `${service.url}/users/me/events/stream?types=user_follow`, ada.token, since],
    '.',
  )
  expect(output.trim().split('\n')).toEqual([`user_follow ${ada.id}`, `user_follow ${bo.id}`])
  expect(status).toBe(0)
}, 60_000)

/** A web page of another origin than the service's. */
async function elsewhere(): Promise<string> {
  const server = createHttpServer((_, response) => response.setHeader('Content-Type', 'text/html').end('<p>'))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  afterAll(() => server.close())
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
}

/** A way to the service that can be cut: then nobody is connected, and nobody gets through until it is mended. */
async function road() {
  const { hostname, port } = new URL(service.url)
  const ends = new Set<Socket>()
  let open = true
  const server = createServer((near) => {
    if (!open) return near.destroy()
    const far = connect(Number(port), hostname)
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      ends.add(one)
      one.pipe(other)
      one.on('error', () => undefined).on('close', () => other.destroy())
    }
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const cut = () => {
    open = false
    for (const end of ends) end.destroy()
    ends.clear()
  }
  afterAll(() => {
    cut()
    server.close()
  })
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const mend = () => {
    open = true
  }
  return { url, cut, mend }
}

it('a browser of another origin is told, with its token in the URL, and goes on by itself after its connection was cut', async () => {
  const [ada, bo, cy] = await people(service, 3)
  const { page } = await watchedPage()
  await page.goto(await elsewhere())
  const way = await road()
  const url = `${way.url}/users/me/events/stream?access_token=${ada.token}`
  await page.evaluate<void, string>(
    `((url) => new Promise((resolve) => {
      window.told = []
      const source = new EventSource(url)
      source.onopen = resolve
      source.addEventListener('user_follow', ({ data }) => told.push(JSON.parse(data).data.follows_user.id))
    }))(${JSON.stringify(url)})`,
  )
  const told = () => expect.poll(() => page.evaluate<string[], undefined>('told'), { timeout: 30_000 })
  await service.follow(ada.id, bo.id)
  await told().toEqual([bo.id])
  way.cut()
  await service.follow(ada.id, cy.id)
  way.mend()
  await told().toEqual([bo.id, cy.id])
  await page.close()
}, 60_000)
