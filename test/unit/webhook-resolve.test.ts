// Names of webhooks: whoever does not answer holds up nobody, all addresses are found, and names of the machine as well.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Address, Resolve } from '../../src/webhooks/address.ts'
import { createResolve } from '../../src/webhooks/resolve.ts'
import { send } from '../../src/webhooks/send.ts'
import { startNameServer } from '../support/name-server.ts'
import { startReceiver } from '../support/receiver.ts'

const names = await startNameServer()
const inside = await startReceiver()
const folder = mkdtempSync(join(tmpdir(), 'hosts-'))
const hostsFile = join(folder, 'hosts')
afterAll(async () => {
  names.stop()
  await inside.stop()
  rmSync(folder, { recursive: true })
})
const { port } = new URL(inside.url)
beforeEach(() => {
  inside.connections = 0
  names.asked = []
  names.zone = () => null
  writeFileSync(hostsFile, '')
})

const v4 = (address: string): Address => ({ address, family: 4 })
const v6 = (address: string): Address => ({ address, family: 6 })
const resolve = createResolve({ servers: [names.address], hostsFile })
const never = () => new AbortController().signal
const SLOW = Array.from({ length: 16 }, (_, n) => `n${n}.slow.invalid`)
const codeOf = (work: Promise<unknown>) =>
  work.then(() => null).catch(({ code, name }) => (typeof code === 'string' ? code : name))

type How = { allowPrivate?: boolean; resolve?: Resolve; timeoutMs?: number }
const call = (host: string, { allowPrivate = true, ...sending }: How = {}) =>
  send(
    { url: `${allowPrivate ? 'http' : 'https'}://${host}:${port}/`, secret: 'whsec_c2VjcmV0', allowPrivate },
    { id: 'msg_1', body: '{"events":[]}' },
    { resolve, ...sending },
  )

/** The most look-ups that were in a thread or waited for one until the work was done. */
async function mostInThreads(work: Promise<unknown>): Promise<number> {
  let done = false
  void work.finally(() => {
    done = true
  })
  let most = 0
  while (!done) {
    const inThreads = process.getActiveResourcesInfo().filter((kind) => kind === 'GetAddrInfoReqWrap')
    most = Math.max(most, inThreads.length)
    await new Promise((next) => setImmediate(next))
  }
  return most
}

describe('names that nobody answers', () => {
  it('hold up no other name, take no thread, and are not asked for any longer than the delivery lasts', async () => {
    names.zone = (name) => (name.includes('slow') ? 'silent' : { addresses: ['127.0.0.1'] })
    const slow = Promise.all(SLOW.map((host) => call(host, { timeoutMs: 5_000 })))
    const inThreads = mostInThreads(slow)
    await vi.waitFor(() => expect(new Set(names.asked).size).toBe(SLOW.length), 4_000)
    expect(await call('good.invalid')).toMatchObject({ kind: 'delivered' })
    expect(new Set((await slow).map(({ kind }) => kind))).toEqual(new Set(['timeout']))
    expect(await inThreads).toBe(0)
  })

  it('end with the signal', async () => {
    names.zone = () => 'silent'
    const over = new AbortController()
    const found = codeOf(resolve('a.slow.invalid', over.signal))
    await vi.waitFor(() => expect(names.asked).toHaveLength(2))
    over.abort()
    expect(await found).toBe('ECANCELLED')
    expect(await codeOf(resolve('a.slow.invalid', over.signal))).toBe('AbortError')
    expect(names.asked).toHaveLength(2)
  })

  it('take one thread where the resolver of the system is asked', async () => {
    names.zone = () => null
    const ask = createResolve({ servers: [names.address], hostsFile })
    const calls = SLOW.map((host) => call(host, { resolve: ask, timeoutMs: 2_000 }))
    expect(await mostInThreads(Promise.all(calls))).toBe(1)
  })

  it('are not asked of the system where a public name server says that theirs do not answer', async () => {
    names.zone = () => 'failed'
    const askSystem = async () => expect.unreachable()
    const ask = createResolve({ servers: [names.address], hostsFile, askSystem })
    expect(await codeOf(ask('dead.invalid', never()))).toBe('ESERVFAIL')
  })
})

describe('a name that the name servers do not know', () => {
  it('is asked of the system', async () => {
    expect(await resolve('localhost', never())).toContainEqual(v4('127.0.0.1'))
    expect(names.asked).toEqual(['localhost', 'localhost'])
  })

  it('waits until the one before has ended; who is gone by then is left out', async () => {
    const answers: (() => void)[] = []
    const asked: string[] = []
    const askSystem = (hostname: string) => {
      asked.push(hostname)
      return new Promise<Address[]>((done) => answers.push(() => done([v4('127.0.0.1')])))
    }
    const ask = createResolve({ servers: [names.address], hostsFile, askSystem })
    const gone = new AbortController()
    const first = codeOf(ask('a.invalid', never()))
    await vi.waitFor(() => expect(asked).toEqual(['a.invalid']))
    const second = codeOf(ask('b.invalid', gone.signal))
    await vi.waitFor(() => expect(names.asked.filter((name) => name === 'b.invalid')).toHaveLength(2))
    const late = call('c.invalid', { resolve: ask, timeoutMs: 300 })
    expect(await late).toMatchObject({ kind: 'timeout' })
    const last = ask('d.invalid', never())
    await vi.waitFor(() => expect(names.asked.filter((name) => name === 'd.invalid')).toHaveLength(2))
    gone.abort()
    expect(asked).toEqual(['a.invalid'])
    answers[0]?.()
    expect([await first, await second]).toEqual([null, 'AbortError'])
    await vi.waitFor(() => expect(asked).toEqual(['a.invalid', 'd.invalid']))
    answers[1]?.()
    expect(await last).toEqual([v4('127.0.0.1')])
  })
})

describe('the hosts file', () => {
  it('counts before the name servers, with all its lines', async () => {
    names.zone = () => ({ addresses: ['127.0.0.9'] })
    writeFileSync(
      hostsFile,
      [
        '# 127.0.0.2 hooks.invalid',
        '127.0.0.3\tother.invalid Hooks.invalid # hash.invalid',
        '::1 hooks.invalid\r',
        'nonsense hooks.invalid',
        '127.0.0.4 myhooks.invalid hooks.invalid.example',
        '',
      ].join('\n'),
    )
    for (const name of ['hooks.invalid', 'hooks.invalid.', 'HOOKS.invalid'])
      expect(await resolve(name, never()), name).toEqual([v4('127.0.0.3'), v6('::1')])
    expect(names.asked).toEqual([])
    expect(await resolve('hash.invalid', never())).toEqual([v4('127.0.0.9')])
  })

  it('leads nobody inside', async () => {
    writeFileSync(hostsFile, '127.0.0.1 hooks.invalid\n')
    expect(await call('hooks.invalid', { allowPrivate: false })).toMatchObject({ kind: 'address' })
    expect(inside.connections).toBe(0)
    expect(await call('hooks.invalid')).toMatchObject({ kind: 'delivered' })
  })

  it('may be missing', async () => {
    names.zone = () => ({ addresses: ['127.0.0.9'] })
    const ask = createResolve({ servers: [names.address], hostsFile: join(folder, 'none') })
    expect(await ask('hooks.invalid', never())).toEqual([v4('127.0.0.9')])
  })
})

describe('an answer of the name servers', () => {
  it('has the addresses of both families', async () => {
    names.zone = () => ({ addresses: ['8.8.8.8', '2606:4700::1111', '1.1.1.1'] })
    expect(await resolve('hooks.invalid', never())).toEqual([
      v4('8.8.8.8'),
      v4('1.1.1.1'),
      v6('2606:4700::1111'),
    ])
    names.zone = () => ({ addresses: ['2606:4700::1111'] })
    expect(await resolve('hooks.invalid', never())).toEqual([v6('2606:4700::1111')])
  })

  it.each([
    [['8.8.8.8', '127.0.0.1'], undefined],
    [['8.8.8.8', '::1'], undefined],
    [['2606:4700::1111', '10.0.0.1'], undefined],
    [['::ffff:127.0.0.1'], undefined],
    [['127.0.0.1'], 'inside.invalid'],
  ])('of %j leads nobody inside', async (addresses, alias) => {
    names.zone = () => ({ addresses, ...(alias === undefined ? {} : { alias }) })
    expect(await call('hooks.invalid', { allowPrivate: false })).toMatchObject({ kind: 'address' })
    expect(inside.connections).toBe(0)
  })

  it('under another name is followed', async () => {
    names.zone = () => ({ addresses: ['127.0.0.1'], alias: 'inside.invalid' })
    expect(await call('hooks.invalid')).toMatchObject({ kind: 'delivered' })
  })
})
