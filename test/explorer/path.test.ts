// The path between two users, as the explorer searches it: shortest paths, none, hidden lists, and the limit of calls.
import { expect, it, vi } from 'vitest'
import { findPath, type PathOptions } from '../../src/explorer/network/path.ts'
import { going, nameOf, type People, startExplored } from './support.ts'

vi.setConfig({ testTimeout: 60_000 })

const { clientOf, people } = await startExplored()

async function search(who: People, from: string, to: string, options: Partial<PathOptions> = {}) {
  const client = clientOf(who[from]!.token)
  const result = await findPath(client, who[from]!.id, who[to]!.id, { signal: going(), ...options })
  if (result.kind !== 'found') return result
  return { ...result, people: result.people.map(({ id }) => nameOf(who, id)).join('>') }
}

it.each([
  ['of one step', 'a>b b>c', 'a', 'b', 'a>b'],
  ['of two steps', 'a>b b>c a>x x>y', 'a', 'c', 'a>b>c'],
  ['of four steps', 'a>b b>c c>d d>e x>e a>y y>a', 'a', 'e', 'a>b>c>d>e'],
  ['that is the shorter of two', 'a>b b>c c>d d>e a>x x>y y>e', 'a', 'e', 'a>x>y>e'],
  ['along follows only, not against them', 'a>b c>b c>a b>d d>c', 'a', 'c', 'a>b>d>c'],
  ['to oneself', 'a>b b>a', 'a', 'a', 'a'],
])('finds a path %s', async (_, follows, from, to, path) => {
  expect(await search(await people(follows), from, to)).toMatchObject({
    kind: 'found',
    people: path,
    shortest: true,
  })
})

it('takes names and me, and says who is unknown', async () => {
  const who = await people('a>b')
  const client = clientOf(who.a!.token)
  const between = (from: string, to: string) => findPath(client, from, to, { signal: going() })
  expect(await between('me', `@${who.b!.username}`)).toMatchObject({ kind: 'found', shortest: true })
  expect(await between('me', '@nobody_at_all')).toMatchObject({ kind: 'unknown', who: '@nobody_at_all' })
})

it('says that there is none only if all was reached', async () => {
  const who = await people('a>b b>a c>d d>c e>c x>e')
  expect(await search(who, 'a', 'c')).toMatchObject({ kind: 'none' })
  // Nobody follows x.
  expect(await search(who, 'a', 'x')).toMatchObject({ kind: 'none' })
  await clientOf(who.b!.token).call('patchMe', { body: { hides_lists: true } })
  await clientOf(who.e!.token).call('patchMe', { body: { hides_lists: true } })
  expect(await search(who, 'a', 'c')).toMatchObject({ kind: 'gave-up', why: 'lists' })
})

it('goes around hidden lists, and does not call the way around the shortest', async () => {
  const who = await people('a>b b>c c>d d>e a>p p>q q>r r>s s>e')
  await clientOf(who.c!.token).call('patchMe', { body: { hides_lists: true } })
  // c>d is known only from the lists of c: that of d is not read, as d is reached from e.
  await clientOf(who.d!.token).call('patchMe', { body: { hides_lists: true } })
  expect(await search(who, 'a', 'e')).toMatchObject({ people: 'a>p>q>r>s>e', shortest: false })
})

it.each([
  ['the first hides lists and follows the last', 'a>b x>b', 'a', 'a>b'],
  ['the first hides lists', 'a>x x>b', 'a', 'a>x>b'],
  ['the last hides lists', 'a>x x>y y>b', 'b', 'a>x>y>b'],
])('finds a path from its other end where %s', async (_, follows, hidden, path) => {
  const who = await people(follows)
  await clientOf(who[hidden]!.token).call('patchMe', { body: { hides_lists: true } })
  const client = clientOf(who.x!.token)
  const result = await findPath(client, who.a!.id, who.b!.id, { signal: going() })
  expect(result).toMatchObject({ kind: 'found' })
  if (result.kind === 'found') expect(result.people.map(({ id }) => nameOf(who, id)).join('>')).toBe(path)
})

it('gives up when its calls are used up, and makes no more than these', async () => {
  const who = await people('a>b b>c c>d d>e e>f f>g g>h')
  const reports: number[] = []
  const onProgress = ({ requests }: { requests: number }) => void reports.push(requests)
  expect(await search(who, 'a', 'h', { calls: 6, onProgress })).toEqual({
    kind: 'gave-up',
    why: 'calls',
    reached: 5,
    requests: 5,
  })
  expect(Math.max(...reports)).toBeLessThanOrEqual(6)
  expect(await search(who, 'a', 'h', { calls: 10 })).toMatchObject({
    people: 'a>b>c>d>e>f>g>h',
    requests: 10,
  })
})

it('reads the longest lists first', async () => {
  // Of ten people only k leads on, and the calls are enough for the lists of some of them.
  const idle = 'bcdefghij'.split('').flatMap((name) => [`a>${name}`, `${name}>a`])
  const who = await people(
    [...idle, 'a>k', 'k>l', 'k>m', 'l>z', ...'opqrstuvwxy'.split('').map((n) => `${n}>z`)].join(' '),
  )
  expect(await search(who, 'a', 'z', { calls: 10 })).toMatchObject({ people: 'a>k>l>z', shortest: true })
})

it('ends with its signal', async () => {
  const who = await people('a>b b>c c>d')
  const stop = new AbortController()
  const onProgress = () => stop.abort(new Error('enough'))
  await expect(search(who, 'a', 'd', { signal: stop.signal, onProgress })).rejects.toThrow('enough')
})
