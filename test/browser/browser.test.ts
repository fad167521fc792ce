// The service as a browser sees it, Debian's Chromium: the API reference, and calls from a page of another origin.
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ROUTES } from '../../src/routes/table.ts'
import { startTestService } from '../support/service.ts'
import { until, useChromium } from './chromium.ts'

const service = await startTestService()
const { watchedPage } = useChromium()
const folder = mkdtempSync(join(tmpdir(), 'follow-graph-browser-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

// All text of the page, that of the viewer's shadow trees too.
const TEXT = `(function read(node) {
  return [...node.childNodes].map((child) => child.nodeType === 3 ? child.data
    : child.nodeType !== 1 || ['STYLE', 'SCRIPT'].includes(child.tagName) ? ''
    : read(child) + (child.shadowRoot ? read(child.shadowRoot) : '')).join(' ')
})(document.body)`

describe('/docs', () => {
  it('shows every route readably, without an error and without asking anybody else', async () => {
    const { page, wrong, asked } = await watchedPage()
    await page.setViewportSize({ width: 1280, height: 900 })
    await page.goto(`${service.url}/docs`)
    const last = ROUTES.at(-1)?.about as string
    const text = await until(
      () => page.evaluate<string, undefined>(TEXT),
      (shown) => shown.includes(last),
    )
    for (const { about, path } of ROUTES) {
      expect(text).toContain(about)
      expect(text.replace(/\s/g, '')).toContain(path.replace(/:(\w+)/g, '{$1}'))
    }
    expect(text).toContain('The User Following part of the App.net Stream API.')
    await page.screenshot({ path: join(folder, 'docs.png') })
    expect(wrong).toEqual([])
    expect(asked.filter((url) => !url.startsWith(`${service.url}/`) && !/^(data|blob):/.test(url))).toEqual(
      [],
    )
    await page.close()
  }, 60_000)
})

describe('a page of another origin', () => {
  const elsewhere = createServer((_, response) => {
    response.setHeader('Content-Type', 'text/html')
    response.end('<!doctype html><link rel="icon" href="data:,"><title>A client</title>')
  })
  let origin: string
  beforeAll(async () => {
    await new Promise<void>((resolve) => elsewhere.listen(0, '127.0.0.1', resolve))
    origin = `http://localhost:${(elsewhere.address() as AddressInfo).port}`
  })
  afterAll(() => void elsewhere.close())

  it('follows, reads headers and sees errors by an authenticated fetch, preflight and all', async () => {
    const [ann, bo] = await service.users(2)
    const { page, wrong } = await watchedPage()
    await page.goto(origin)
    const seen = await page.evaluate(
      async ({ url, token, id }) => {
        const headers = {
          Authorization: `Bearer ${token}`,
          'X-ADN-Pretty-JSON': '1',
          'Content-Type': 'application/json',
        }
        const call = async (method: string, path: string) => {
          const answer = await fetch(url + path, { method, headers })
          return {
            status: answer.status,
            scopes: answer.headers.get('X-OAuth-Scopes'),
            link: answer.headers.get('Link'),
            text: await answer.text(),
          }
        }
        return {
          followed: await call('POST', `/stream/0/users/${id}/follow`),
          list: await call('GET', '/stream/0/users/me/following'),
          unfollowed: await call('DELETE', `/stream/0/users/${id}/follow`),
        }
      },
      { url: service.url, token: ann?.token, id: bo?.id },
    )
    expect(seen.followed.status).toBe(200)
    expect(JSON.parse(seen.followed.text).data.you_follow).toBe(true)
    expect(seen.followed.text).toMatch(/\n$/)
    expect(seen.followed.scopes).toContain('follow')
    expect(JSON.parse(seen.list.text).data[0].id).toBe(bo?.id)
    expect(seen.list.link).toContain('rel="prev"')
    expect(JSON.parse(seen.unfollowed.text).data.you_follow).toBe(false)
    expect(wrong).toEqual([])
    const refused = await page.evaluate(async (url) => {
      const answer = await fetch(`${url}/users/me`, { headers: { Authorization: 'Bearer nonsense' } })
      return {
        status: answer.status,
        challenge: answer.headers.get('WWW-Authenticate'),
        body: await answer.json(),
      }
    }, service.url)
    expect(refused).toMatchObject({ status: 401, body: { meta: { code: 401, error_slug: 'invalid-token' } } })
    expect(refused.challenge).toContain('invalid_token')
    await page.close()
  })

  it('reads a User by JSONP, and is told there of what needs a token', async () => {
    const bo = await service.user()
    const { page, wrong } = await watchedPage()
    await page.goto(origin)
    const jsonp = (path: string) =>
      page.evaluate<{ data?: { id: string }; meta: { code: number } }, string>(
        `new Promise((resolve, reject) => {
          window.client = { got: resolve }
          const script = document.createElement('script')
          script.onerror = () => reject(new Error('the script did not load'))
          script.src = ${JSON.stringify(service.url + path)}
          document.head.append(script)
        })`,
      )
    expect(await jsonp(`/stream/0/users/${bo.id}?callback=client.got`)).toMatchObject({
      data: { id: bo.id },
      meta: { code: 200 },
    })
    expect(await jsonp('/stream/0/users/@nobody_at_all?callback=client.got')).toMatchObject({
      meta: { code: 404 },
    })
    expect(await jsonp(`/users/${bo.id}/followers?callback=client.got`)).toMatchObject({
      meta: { code: 401 },
    })
    expect(wrong).toEqual([])
    await page.close()
  })
})
