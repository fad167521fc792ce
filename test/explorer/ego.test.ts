// The network around a user, as the explorer reads it: who is in it, their follows, the calls that it takes, and what interrupts it.
import { expect, it, vi } from 'vitest'
import { FollowGraphClient, type FollowGraphError } from '../../src/client/client.ts'
import { type Network, openEgo, type Progress } from '../../src/explorer/network/ego.ts'
import { going, nameOf, type People, recording, startExplored } from './support.ts'

vi.setConfig({ testTimeout: 60_000 })

const { service, clientOf, people } = await startExplored()

const readable = (network: Network, who: People) => ({
  people: network.people.map(({ id }) => nameOf(who, id)),
  follows: network.follows
    .map((pair) => pair.map((index) => nameOf(who, network.people[index]!.id)).join('>'))
    .sort(),
})
const IDS = 'users/ID/following/ids'
/** Takes out what was asked since the last time. */
const taken = (asked: string[]) => asked.splice(0).sort()

it('has whom the user follows, newest first, and the follows among them only', async () => {
  const who = await people('ada>bo ada>cy ada>di bo>cy cy>bo di>bo bo>eve eve>bo cy>ada')
  const ego = await openEgo(clientOf(who.eve!.token), `@${who.ada!.username}`, going())
  expect([ego.owner.id, ego.available]).toEqual([who.ada!.id, 3])
  const network = await ego.read(200, { signal: going() })
  expect(readable(network, who)).toEqual({
    people: ['di', 'cy', 'bo'],
    follows: ['bo>cy', 'cy>bo', 'di>bo'],
  })
  expect(network.people[2]).toEqual({
    id: who.bo!.id,
    username: who.bo!.username,
    name: expect.any(String),
    followers: 4,
    following: 2,
  })
})

it('reads the newest first, and then only what is missing', async () => {
  const who = await people('ada>bo ada>cy ada>di ada>eve bo>eve eve>bo eve>di di>zoe zoe>ada')
  const asked: string[] = []
  const ego = await openEgo(clientOf(who.zoe!.token, asked), who.ada!.id, going())
  expect(taken(asked)).toEqual(['users/ID', IDS])
  const first = await ego.read(2, { signal: going() })
  expect(readable(first, who)).toEqual({ people: ['eve', 'di'], follows: ['eve>di'] })
  expect(taken(asked)).toEqual(['users', IDS, IDS])
  const progress: Progress[] = []
  const all = await ego.read(4, { signal: going(), onProgress: (state) => progress.push(state) })
  expect(readable(all, who)).toEqual({
    people: ['eve', 'di', 'cy', 'bo'],
    follows: ['bo>eve', 'eve>bo', 'eve>di'],
  })
  // Nothing is asked about cy, who follows nobody.
  expect(taken(asked)).toEqual(['users', IDS])
  expect(progress.map(({ done }) => done)).toEqual([2, expect.any(Number), 4])
  expect(progress.at(-1)).toEqual({ done: 4, of: 4, requests: 7 })
})

it('asks for the relationships of people who hide their lists, and leaves out who was deleted', async () => {
  const who = await people('ada>bo ada>cy ada>di bo>cy bo>di cy>bo di>bo')
  await clientOf(who.bo!.token).call('patchMe', { body: { hides_lists: true } })
  const asked: string[] = []
  const ego = await openEgo(clientOf(who.cy!.token, asked), who.ada!.id, going())
  const system = await service.appToken()
  await clientOf(system).call('deleteUser', { user_id: who.di!.id })
  const network = await ego.read(200, { signal: going() })
  expect(readable(network, who)).toEqual({ people: ['cy', 'bo'], follows: ['bo>cy', 'cy>bo'] })
  expect(taken(asked)).toEqual(['relationships', 'users', 'users/ID', IDS, IDS])
})

it('leaves out the follows of somebody who hides lists and is deleted while the network is read', async () => {
  const who = await people('ada>bo ada>cy bo>cy cy>bo')
  await clientOf(who.bo!.token).call('patchMe', { body: { hides_lists: true } })
  const system = clientOf(await service.appToken())
  const client = new FollowGraphClient({
    url: service.url,
    token: who.ada!.token,
    fetch: async (input, init) => {
      if (String(input).includes('/relationships')) await system.call('deleteUser', { user_id: who.bo!.id })
      return fetch(input, init)
    },
  })
  const ego = await openEgo(client, who.ada!.id, going())
  expect(readable(await ego.read(200, { signal: going() }), who).follows).toEqual(['cy>bo'])
})

it('fails with list-hidden where the user hides lists, and with not-found', async () => {
  const who = await people('ada>bo')
  await clientOf(who.ada!.token).call('patchMe', { body: { hides_lists: true } })
  const open = (id: string) => openEgo(clientOf(who.bo!.token), id, going())
  await expect(open(who.ada!.id)).rejects.toMatchObject({ slug: 'list-hidden' })
  await expect(open('@nobody_at_all')).rejects.toMatchObject({ slug: 'not-found' })
})

it('goes on after the rate limit where it stopped', async () => {
  const crowd = 'bcdefghijk'.split('')
  const follows = crowd.flatMap((name, n) => [`ada>${name}`, `${name}>${crowd[(n + 1) % crowd.length]}`])
  const limited = await startExplored({ RATE_LIMIT: 'read=8/3600' })
  const who = await limited.people(follows.join(' '))
  const asked: string[] = []
  // A client whose token changes: as if the hour were over.
  let token = who.ada!.token
  const options = { url: limited.service.url, token: () => token, retries: 20, longestWait: 60 }
  const client = new FollowGraphClient({ ...options, fetch: recording(asked) })
  const ego = await openEgo(client, who.ada!.id, going())
  const failure = await ego.read(200, { signal: going() }).catch((error: FollowGraphError) => error)
  expect(failure).toMatchObject({ slug: 'rate-limit', retryAfter: expect.any(Number) })
  asked.length = 0
  token = who.b!.token
  const network = await ego.read(200, { signal: going() })
  expect(network.follows).toHaveLength(10)
  // Eight calls were allowed, of which five read whom somebody follows; the other five are read now.
  expect(asked).toEqual([IDS, IDS, IDS, IDS, IDS])
})

it('ends with its signal', async () => {
  const who = await people('ada>bo ada>cy bo>cy cy>bo')
  const ego = await openEgo(clientOf(who.bo!.token), who.ada!.id, going())
  const stop = new AbortController()
  const read = ego.read(200, { signal: stop.signal, onProgress: () => stop.abort(new Error('enough')) })
  await expect(read).rejects.toThrow('enough')
  expect((await ego.read(200, { signal: going() })).follows).toHaveLength(2)
})
