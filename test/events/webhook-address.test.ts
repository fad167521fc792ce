// No webhook reaches an address that is not public: in whatever spelling, by whatever name, and by no redirect.
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { isPublic, type Resolve } from '../../src/webhooks/address.ts'
import { send } from '../../src/webhooks/send.ts'
import { startReceiver } from '../support/receiver.ts'
import { startTestService } from '../support/service.ts'

const service = await startTestService()
const app = await service.appToken(['basic', 'events'])
const inside = await startReceiver()
afterAll(() => inside.stop())
const port = new URL(inside.url).port
beforeEach(() => {
  inside.connections = 0
})

const register = (url: string) => service.call('POST', '/webhooks', { token: app, json: { url } })

// Each stands for `https://HOST:port/`; all reach this machine, its network or nobody's where they are called.
const HOSTS = [
  '127.0.0.1',
  '127.0.0.1.',
  '127.1',
  '127.0.1',
  '2130706433',
  '0x7f000001',
  '0x7f.0.0.1',
  '0x7f.1',
  '0177.0.0.1',
  '017700000001',
  '127.255.255.254',
  '①②⑦.⓪.⓪.①',
  '127。0。0。1',
  '%31%32%37.0.0.1',
  '0',
  '0.0.0.0',
  '0.1.2.3',
  '10.0.0.1',
  '10.1',
  '172.16.0.1',
  '172.31.255.255',
  '192.168.1.1',
  '0xc0a80101',
  '169.254.169.254',
  '2852039166',
  '100.64.0.1',
  '198.18.0.1',
  '192.0.0.8',
  '192.0.2.1',
  '198.51.100.7',
  '203.0.113.7',
  '192.88.99.1',
  '224.0.0.1',
  '240.0.0.1',
  '255.255.255.255',
  '[::]',
  '[::1]',
  '[0:0:0:0:0:0:0:1]',
  '[::ffff:127.0.0.1]',
  '[::ffff:7f00:1]',
  '[::ffff:8.8.8.8]',
  '[::127.0.0.1]',
  '[::ffff:0:127.0.0.1]',
  '[64:ff9b::127.0.0.1]',
  '[64:ff9b::a00:1]',
  '[64:ff9b:1::808:808]',
  '[2002:7f00:1::]',
  '[2002:c0a8:101::1]',
  '[2001:0:7f00:1::]',
  '[2001:db8::1]',
  '[3fff::1]',
  '[100::1]',
  '[fc00::1]',
  '[fd12:3456::1]',
  '[fe80::1]',
  '[fec0::1]',
  '[ff02::1]',
  'localhost',
  'LocalHost',
  'localhost.',
  'localhost..',
  'a.b.localhost',
]

describe('an address that is not public', () => {
  it.each(HOSTS)('%s is a 400, and nothing is called', async (host) => {
    const answer = await register(`https://${host}:${port}/`)
    expect([answer.status, answer.body.meta.error_message]).toEqual([
      400,
      expect.stringMatching(/^Bad Request: the field url is not accepted: .* not public/),
    ])
    const outcome = await send(
      { url: `https://${host}:${port}/`, secret: 'whsec_c2VjcmV0', allowPrivate: false },
      { id: 'msg_1', body: '{}' },
    )
    expect(outcome.kind).toBe('address')
    expect(inside.connections).toBe(0)
  })

  it.each([
    [`http://127.0.0.1:${port}/`, 'https://'],
    [`http://example.org/`, 'https://'],
    [`https://bo@127.0.0.1:${port}/`, 'user name'],
    [`https://example.org@127.0.0.1:${port}/`, 'user name'],
    [`https://:@127.0.0.1:${port}/`, 'not public'],
    ['file:///etc/passwd', 'https://'],
    ['gopher://127.0.0.1/', 'https://'],
    ['https:127.0.0.1', 'whole address'],
    ['https:\\\\127.0.0.1\\', 'whole address'],
    ['https://127.0.0.1\t/', 'whole address'],
    [' https://example.org/', 'whole address'],
    ['https://exa\nmple.org/', 'whole address'],
    ['//127.0.0.1/', 'whole address'],
    ['https://', 'whole address'],
    ['https://256.256.256.256/', 'whole address'],
  ])('%j is a 400', async (url, why) => {
    const answer = await register(url)
    expect([answer.status, answer.body.meta.error_message]).toEqual([400, expect.stringContaining(why)])
    expect(inside.connections).toBe(0)
  })

  it('is none of these', () => {
    for (const address of [
      '8.8.8.8',
      '1.1.1.1',
      '172.32.0.1',
      '192.0.1.1',
      '2606:4700::1111',
      '64:ff9b::808:808',
    ])
      expect(isPublic(address), address).toBe(true)
    for (const text of ['', 'example.org', 'fe80::1%eth0', '2606:4700::1111%eth0', '8.8.8.8/8'])
      expect(isPublic(text), text).toBe(false)
  })
})

describe('a name', () => {
  const call = (resolve: Resolve) =>
    send(
      { url: `https://hooks.example.org:${port}/`, secret: 'whsec_c2VjcmV0', allowPrivate: false },
      { id: 'msg_1', body: '{}' },
      { resolve, timeoutMs: 500 },
    )
  const v4 = (address: string) => ({ address, family: 4 })

  it('that resolves to a public and a private address is not called', async () => {
    const outcome = await call(async () => [v4('8.8.8.8'), v4('127.0.0.1')])
    expect(outcome).toMatchObject({ kind: 'address', error: expect.stringContaining('not public') })
    expect(outcome.error).not.toContain('127.0.0.1')
    expect(inside.connections).toBe(0)
  })

  it('that answers public first and private second is called at the first answer, and refused at the second', async () => {
    let asked = 0
    const turning: Resolve = async () => {
      asked += 1
      return [v4(asked === 1 ? '198.41.0.4' : '127.0.0.1')]
    }
    expect((await call(turning)).kind).not.toBe('address')
    expect([asked, inside.connections]).toEqual([1, 0])
    expect((await call(turning)).kind).toBe('address')
    expect([asked, inside.connections]).toEqual([2, 0])
  })

  it('is called at the addresses that were checked, whatever the machine would resolve it to', async () => {
    const outcome = await send(
      { url: `http://hooks.example.org:${port}/`, secret: 'whsec_c2VjcmV0', allowPrivate: true },
      { id: 'msg_1', body: '{"events":[]}' },
      { resolve: async () => [v4('127.0.0.1')] },
    )
    expect([outcome, inside.connections]).toEqual([{ kind: 'delivered', status: 200, error: null }, 1])
  })

  it('that does not resolve is taken, and an outcome when it is called', async () => {
    const answer = await register('https://no-such-host.invalid/hook')
    expect(answer.status, answer.text).toBe(200)
    await service.call('DELETE', `/webhooks/${answer.body.data.id}`, { token: app })
    for (const resolve of [
      () => Promise.reject(Object.assign(new Error('x'), { code: 'ENOTFOUND' })),
      async () => [],
      () => new Promise<never>(() => undefined),
    ])
      expect(['unreachable', 'timeout']).toContain((await call(resolve)).kind)
  })
})

describe('an answer', () => {
  const told = (answer: typeof inside.answer) => {
    inside.answer = answer
    return send(
      { url: inside.url, secret: 'whsec_c2VjcmV0', allowPrivate: true },
      { id: 'msg_1', body: '{"events":[]}' },
      { timeoutMs: 1_000 },
    )
  }

  it.each([301, 302, 303, 307, 308])('of %i leads nowhere', async (status) => {
    const target = await startReceiver()
    const outcome = await told((_, response) => response.writeHead(status, { Location: target.url }).end())
    expect(outcome).toEqual({
      kind: 'refused',
      status,
      error: `The receiver answered ${status}. Redirects are not followed.`,
    })
    expect(target.connections).toBe(0)
    await target.stop()
  })

  it('counts by its status, once it is whole or longer than anybody reads', async () => {
    expect(await told((_, response) => response.writeHead(204).end())).toMatchObject({
      kind: 'delivered',
      status: 204,
    })
    const endless = (status: number) => (_: unknown, response: Parameters<typeof inside.answer>[1]) => {
      response.writeHead(status)
      const write = () => {
        if (!response.destroyed) response.write('x'.repeat(10_000), () => setImmediate(write))
      }
      write()
    }
    expect(await told(endless(200))).toMatchObject({ kind: 'delivered', status: 200 })
    expect(await told(endless(500))).toMatchObject({ kind: 'refused', status: 500 })
    // What comes drop by drop is not whole in time.
    const dripping = await told((_, response) => void response.writeHead(200).write('x'))
    expect(dripping).toEqual({
      kind: 'timeout',
      status: null,
      error: 'The receiver did not answer within 1 s.',
    })
    expect(await told((_, response) => response.socket?.destroy())).toMatchObject({ kind: 'unreachable' })
    const changing = await told((_, response) =>
      response.socket?.end('HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n'),
    )
    expect(changing.kind).not.toBe('delivered')
  })
})
