// Entity tags and compression.
import { brotliDecompressSync, gunzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { raw } from '../support/raw.ts'
import { startTestService } from '../support/service.ts'

const service = await startTestService()
const [ada, bo] = [await service.user(), await service.user()]
await service.follow(bo, ada)
const app = await service.appToken()

describe('entity tags', () => {
  const path = `/users/${ada.id}`
  const get = (headers: Record<string, string> = {}, at = path) =>
    service.call('GET', at, { token: app, headers })

  it('a known tag is answered 304 without a body, with ETag, Vary and CORS headers', async () => {
    const first = await get()
    const tag = first.headers.get('etag')!
    expect(tag).toMatch(/^W\/"[\w-]+"$/)
    for (const sent of [tag, tag.slice(2), `"other", ${tag}`, '*', `W/"x",${tag.slice(2)} , "y"`]) {
      const again = await get({ 'If-None-Match': sent })
      expect(again.status, sent).toBe(304)
      expect(again.text).toBe('')
      for (const name of ['etag', 'vary', 'access-control-allow-origin', 'access-control-expose-headers']) {
        expect(again.headers.get(name), name).toBe(first.headers.get(name))
      }
    }
  })

  it('an unknown tag gets the whole answer, and a changed answer has another tag', async () => {
    const user = await service.user()
    const first = await get({}, `/users/${user.id}`)
    expect((await get({ 'If-None-Match': '"other"' }, `/users/${user.id}`)).status).toBe(200)
    await service.follow(bo, user)
    const second = await get({ 'If-None-Match': first.headers.get('etag')! }, `/users/${user.id}`)
    expect(second.status).toBe(200)
    expect(second.headers.get('etag')).not.toBe(first.headers.get('etag'))
  })

  it('only answers of 200 to GET and HEAD have one, whole lists of ids none', async () => {
    expect((await get({ 'If-None-Match': '*' }, '/nothing')).status).toBe(404)
    expect((await get({}, '/nothing')).headers.has('etag')).toBe(false)
    expect((await get({ 'If-None-Match': '*' }, `/users/${ada.id}/followers/ids`)).status).toBe(200)
    const wrapped = await service.call('GET', '/nothing?callback=f', { headers: { 'If-None-Match': '*' } })
    expect([wrapped.status, wrapped.headers.has('etag')]).toEqual([200, false])
    const write = await service.call('POST', `/users/${bo.id}/follow`, {
      token: ada.token,
      headers: { 'If-None-Match': '*' },
    })
    expect([write.status, write.headers.has('etag')]).toEqual([200, false])
  })
})

describe('compression', () => {
  const [big, small] = [`/users?ids=${new Array(50).fill(ada.id).join(',')}`, '/health/live']
  const ask = (path: string, accept: string) =>
    raw(
      service.url,
      `GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer ${app}\r\n${accept === '' ? '' : `Accept-Encoding: ${accept}\r\n`}\r\n`,
    )

  it('large answers are compressed with gzip or brotli if the client accepts it', async () => {
    for (const [accept, encoding] of [
      ['', undefined],
      ['gzip', 'gzip'],
      ['br', 'br'],
      ['gzip, br', 'br'],
      ['identity', undefined],
      ['deflate', undefined],
      ['*;q=0', undefined],
      ['gzip;q=0', undefined],
    ]) {
      const answer = await ask(big, accept!)
      expect(answer.status, accept).toBe(200)
      expect(answer.headers.get('content-encoding'), accept).toBe(encoding)
      expect(answer.headers.get('vary')).toContain('Accept-Encoding')
    }
    expect((await ask(small, 'gzip')).headers.has('content-encoding')).toBe(false)
  })

  it.each([
    ['gzip', gunzipSync],
    ['br', brotliDecompressSync],
  ] as const)('%s has the same text', async (encoding, open) => {
    const plain = await (
      await fetch(service.url + big, {
        headers: { Authorization: `Bearer ${app}`, 'Accept-Encoding': 'identity' },
      })
    ).text()
    const { request } = await import('node:http')
    const bytes = await new Promise<Buffer>((resolve, reject) => {
      const pieces: Buffer[] = []
      request(
        service.url + big,
        { headers: { Authorization: `Bearer ${app}`, 'Accept-Encoding': encoding } },
        (response) => {
          response
            .on('data', (piece: Buffer) => pieces.push(piece))
            .on('end', () => resolve(Buffer.concat(pieces)))
            .on('error', reject)
        },
      )
        .on('error', reject)
        .end()
    })
    expect(open(bytes).toString()).toBe(plain)
    expect(bytes.length).toBeLessThan(plain.length / 5)
  })

  it('streams are compressed as well', async () => {
    const answer = await ask(`/users/${ada.id}/followers/ids`, 'gzip')
    expect(answer.headers.get('content-encoding')).toBe('gzip')
    const read = await service.call('GET', `/users/${ada.id}/followers/ids`, {
      token: app,
      headers: { 'Accept-Encoding': 'gzip' },
    })
    expect(read.body.data).toEqual([bo.id])
  })
})
