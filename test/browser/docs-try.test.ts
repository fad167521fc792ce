// The "Try" button of /docs, pressed in Chromium: under both names of this machine, under a path that a proxy strips, and with a token.
import { createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestService } from '../support/service.ts'
import { type Page, until, useChromium } from './chromium.ts'

const service = await startTestService({ PUBLIC_URL: 'https://example.org/social' })
const { watchedPage } = useChromium()
const port = Number(new URL(service.url).port)
const [ann, bo] = await service.users(2)

// Knows only /social, as in front of other services on one host.
const proxy = createServer((incoming, outgoing) => {
  const url = incoming.url as string
  if (!url.startsWith('/social/')) return void outgoing.writeHead(404).end('somebody else lives here')
  const { method, headers } = incoming
  const forward = request(
    { port, host: '127.0.0.1', path: url.slice('/social'.length), method, headers },
    (answer) => {
      outgoing.writeHead(answer.statusCode as number, answer.headers)
      answer.pipe(outgoing)
    },
  )
  incoming.pipe(forward)
})
beforeAll(() => new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve)))
afterAll(() => {
  proxy.closeAllConnections()
  proxy.close()
})

/** An operation of the page, which the viewer keeps in shadow trees. */
const FIND = `const find = (node, path, method) => {
  for (const child of node.querySelectorAll('*')) {
    if (child.localName === 'api-request' && child.path === path && child.method === method) return child
    const inner = child.shadowRoot && find(child.shadowRoot, path, method)
    if (inner) return inner
  }
  return null
}`

type Tried = { status: string; text: string }

/** Fills in the parameters of an operation, presses its button, and reads what the page then shows. */
async function press(page: Page, method: string, path: string, fill: Record<string, string>): Promise<Tried> {
  const arguments_ = `${JSON.stringify(path)}, ${JSON.stringify(method)}`
  const there = await until(
    () =>
      page.evaluate<boolean, undefined>(`(() => { ${FIND}
        return find(document, ${arguments_})?.shadowRoot?.querySelector('[part~="btn-try"]') != null })()`),
    (found) => found,
  )
  expect(there, `the button of ${method} ${path}`).toBe(true)
  await page.evaluate(`(() => { ${FIND}
    const root = find(document, ${arguments_}).shadowRoot
    for (const [name, value] of Object.entries(${JSON.stringify(fill)})) root.querySelector('[data-pname="' + name + '"]').value = value
    root.querySelector('[part~="btn-try"]').click() })()`)
  return until(
    () =>
      page.evaluate<Tried, undefined>(`(() => { ${FIND}
        const { responseMessage, responseText } = find(document, ${arguments_})
        return { status: String(responseMessage), text: typeof responseText === 'string' ? responseText : JSON.stringify(responseText) } })()`),
    ({ status, text }) => status !== '' && text !== '⌛',
  )
}

describe.each([
  ['127.0.0.1', () => `http://127.0.0.1:${port}/docs`],
  ['localhost', () => `http://localhost:${port}/docs`],
  ['localhost, with a slash at the end', () => `http://localhost:${port}/docs/`],
  ['a path behind a proxy', () => `http://127.0.0.1:${(proxy.address() as AddressInfo).port}/social/docs`],
  [
    'a path behind a proxy, with a slash at the end',
    () => `http://localhost:${(proxy.address() as AddressInfo).port}/social/docs/`,
  ],
])('under %s', (_, place) => {
  it('Try reads a User and health, shows the 401 of what needs a token, and follows with one', async () => {
    await service.call('DELETE', `/users/${bo!.id}/follow`, { token: ann!.token })
    const { page, wrong, asked } = await watchedPage()
    await page.goto(place())
    const user = await press(page, 'get', '/users/{user_id}', { user_id: bo!.id })
    expect(user.text).toContain(bo!.username)
    const live = await press(page, 'get', '/health/live', {})
    expect(live.text).toContain('live')
    expect(wrong).toEqual([])
    const refused = await press(page, 'get', '/users/{user_id}/followers', { user_id: bo!.id })
    expect(refused.text).toContain('unauthorized')
    // What the browser itself says of a 401; nothing was blocked.
    expect(wrong.splice(0)).toEqual([expect.stringContaining('401')])
    const set = `document.querySelector('rapi-doc').setApiKey('bearer', ${JSON.stringify(ann!.token)})`
    expect(await page.evaluate(set)).toBe(true)
    const followed = await press(page, 'post', '/users/{user_id}/follow', { user_id: bo!.id })
    expect(followed.text).toMatch(/"you_follow": ?true/)
    expect(wrong).toEqual([])
    const root = new URL(place()).href.replace(/docs\/?$/, '')
    for (const url of asked.filter((address) => !/^(data|blob):/.test(address)))
      expect(url.startsWith(root), url).toBe(true)
    expect(asked.some((url) => url.startsWith(`${root}stream/0/users/${bo!.id}`))).toBe(true)
    await page.close()
  }, 90_000)
})
