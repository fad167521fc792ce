// The kinds of change of never-stale.test.ts that services make, by HTTP or as the commands do: each is an entry of the log.
import type { ChangeKind } from '../../src/relations/changes.ts'
import { BLOCKS, FOLLOWS, MUTES, REQUESTS, type RelationKind } from '../../src/relations/kinds.ts'
import type { Make, Person, Scene } from './stale-world.ts'

/** A change between two people: any two, or two of whom the first has such a relation to the second. */
const change =
  (method: string, action: string, of?: RelationKind): Make =>
  async (s) => {
    const [one, other] = of === undefined ? s.two() : await s.related(of)
    return s.call(method, `/users/${other.id}/${action}`, s.by(one))
  }

/** The answer of the one who was asked, a moment before or long ago. */
const answer =
  (method: string): Make =>
  async (s) => {
    const [one, asked] = s.chance(0.5) ? await request(s) : await s.related(REQUESTS)
    return s.call(method, `/users/me/requests/${one.id}`, s.by(asked))
  }

/** A change of a program without HTTP: an instance that nobody asks. */
const committed =
  (kind: ChangeKind, of?: RelationKind): Make =>
  async (s) => {
    const [one, other] = of === undefined ? s.two() : await s.related(of)
    const ids = { viewerId: BigInt(one.id), targetId: BigInt(other.id) }
    const [outcome] = await s.parts.changes.commit([{ kind, ...ids, maxFollowing: null }])
    return outcome?.verdict === 'done' ? 200 : 403
  }

/** A change of the own profile. */
const own =
  (method: 'PUT' | 'PATCH', json: (s: Scene) => unknown): Make =>
  async (s) =>
    s.call(method, '/users/me', s.by(s.person()), json(s))

/** A change by the account system. */
const provisioned =
  (method: 'PUT' | 'PATCH', json: (s: Scene, whom: Person) => unknown): Make =>
  async (s) => {
    const whom = s.person()
    return s.call(method, `/users/${whom.id}`, s.admin(), json(s, whom))
  }

const description = (s: Scene) => ({
  text: `${s.next()} of @${s.person().username}, #p and http://x.example`,
})
const profile = (s: Scene) => ({
  name: `Ada ${s.next()}`,
  locale: s.some(['en_US', 'de_DE']),
  timezone: s.some(['UTC', 'Europe/Berlin']),
  description: description(s),
})

/** Has one of two strangers request to follow the other. */
async function request(s: Scene): Promise<[one: Person, asked: Person, status: number]> {
  const [one, asked] = await s.strangers()
  await s.call('PATCH', '/users/me', s.by(asked), { locked: true })
  return [one, asked, await s.call('POST', `/users/${asked.id}/follow`, s.by(one))]
}

async function deletion(s: Scene, whom: Person): Promise<number> {
  const status = await s.call('DELETE', `/users/${whom.id}`, s.admin())
  // 404: the first try was answered by 503.
  if (status === 200 || status === 404) s.leave(whom)
  return status
}

/** A user whom the account system creates, and who follows and is followed. */
async function arrival(s: Scene, id: string, username: string): Promise<number> {
  const status = await s.call('PUT', `/users/${id}`, s.admin(), { username, description: description(s) })
  if (status !== 200) return status
  const one = await s.welcome(id, username)
  const [fan, idol] = s.two()
  await s.call('POST', `/users/${id}/follow`, s.by(fan))
  await s.call('POST', `/users/${idol.id}/follow`, s.by(one))
  return status
}

export const BY_SERVICES: Record<string, Make> = {
  'a follow': change('POST', 'follow'),
  'an unfollow': change('DELETE', 'follow', FOLLOWS),
  'a follow back': async (s) => {
    const [one, other] = await s.related(FOLLOWS)
    return s.call('PUT', `/users/${one.id}/follow`, s.by(other))
  },
  'a follower who is removed': async (s) => {
    const [one, other] = await s.related(FOLLOWS)
    return s.call('DELETE', `/users/me/followers/${one.id}`, s.by(other))
  },
  'many follows and unfollows': async (s) => {
    const many = () => Array.from({ length: 4 }, () => s.person().id)
    return s.call('POST', '/follows', s.by(s.person()), { follow: many(), unfollow: many() })
  },
  'a mute': change('POST', 'mute'),
  'an unmute': change('DELETE', 'mute', MUTES),
  'a block': change('POST', 'block'),
  'a block of a follower': change('POST', 'block', FOLLOWS),
  'an unblock': change('DELETE', 'block', BLOCKS),
  'a block of one who has requested': change('POST', 'block', REQUESTS),
  'a follow of a program': committed('follow'),
  'an unfollow of a program': committed('unfollow', FOLLOWS),
  'a block of a program': committed('block'),
  'a lock': own('PATCH', () => ({ locked: true })),
  'an unlock': own('PATCH', () => ({ locked: false })),
  'a request': async (s) => (await request(s))[2],
  'a request that is taken back': change('DELETE', 'follow', REQUESTS),
  'a request that is accepted': answer('POST'),
  'a request that is refused': answer('DELETE'),
  'requests that are answered together': async (s) => {
    const [one, asked] = await s.related(REQUESTS)
    const [other] = await s.related(REQUESTS)
    const json = { accept: [one.id], refuse: [other.id] }
    return s.call('POST', '/users/me/requests', s.by(asked), json)
  },
  'a follow where a request waited': async (s) => {
    const [one, asked] = await s.related(REQUESTS)
    await s.call('PATCH', '/users/me', s.by(asked), { locked: false })
    return s.call('POST', `/users/${asked.id}/follow`, s.by(one))
  },
  'lists that are hidden': own('PATCH', () => ({ hides_lists: true })),
  'lists that are shown': own('PATCH', () => ({ hides_lists: false })),
  'a name': own('PATCH', (s) => ({ name: `Ada ${s.next()}` })),
  'a description with a mention': own('PATCH', (s) => ({ description: description(s) })),
  'a profile as a whole': own('PUT', profile),
  'a profile by the account system': provisioned('PUT', (s, { username }) => ({ ...profile(s), username })),
  'a type': provisioned('PATCH', (s) => ({ type: s.some(['human', 'human', 'bot', 'feed']) })),
  'a picture and a domain': provisioned('PATCH', (s) => ({
    verified_domain: `d${Math.floor(s.next() * 1e6)}.example`,
    avatar_image: { url: `https://x.example/${s.next()}.png`, width: 10, height: 10 },
  })),
  'a username': async (s) => {
    const whom = s.person()
    const { username } = s.fresh()
    const status = await s.call('PATCH', `/users/${whom.id}`, s.admin(), { username })
    if (status === 200) whom.username = username
    return status
  },
  'a username that another one had': async (s) => {
    const [one, other] = s.two()
    const { username } = s.fresh()
    const mine = one.username
    const rename = async (whom: Person, name: string) => {
      const status = await s.call('PATCH', `/users/${whom.id}`, s.admin(), { username: name })
      if (status === 200) whom.username = name
      return status
    }
    const status = await rename(one, username)
    return status === 200 ? rename(other, mine) : status
  },
  'a profile by a program': async (s) => {
    const id = BigInt(s.person().id)
    await s.parts.accounts.change(id, false, (stored) => ({ ...stored, id, name: `Bo ${s.next()}` }))
    return 200
  },
  'a user who is deleted': async (s) => {
    const status = await deletion(s, s.person())
    const { id, username } = s.fresh()
    return status === 200 ? arrival(s, id, username) : status
  },
  'a user who is deleted and created again': async (s) => {
    const whom = s.person()
    const status = await deletion(s, whom)
    return status === 200 ? arrival(s, whom.id, whom.username) : status
  },
  'a user who is created by a program': async (s) => {
    if (s.world.people.length > 14) return deletion(s, s.person())
    const { id, username } = s.fresh()
    await s.parts.accounts.create({ id: BigInt(id), username })
    await s.welcome(id, username)
    return 200
  },
  'a token that is revoked': async (s) => {
    const owner = s.person()
    const text = s.by(owner)
    const status = await s.call('DELETE', '/token', text)
    if (status === 200) await s.spend(owner, text)
    return status
  },
  'all tokens of a user that are revoked': async (s) => {
    const owner = s.star()
    const status = await s.call('DELETE', `/users/${owner.id}/tokens`, s.admin())
    // The first one last: the next read is by that.
    if (status === 200) for (const text of owner.tokens.toReversed()) await s.spend(owner, text)
    return status
  },
  'a token that is made': async (s) => {
    const owner = s.person()
    const scopes = ['follow', 'update_profile']
    const { status, body } = await s.ask('POST', `/users/${owner.id}/tokens`, s.admin(), { scopes })
    if (status === 200) owner.tokens.push(JSON.parse(body).access_token)
    return status
  },
  'a token of an app that is revoked': async (s) => {
    const text = s.some(s.world.apps)
    const status = await s.call('DELETE', '/token', text)
    if (status !== 200) return status
    s.world.spent.push(text)
    s.world.apps = [await s.appToken(['basic'])]
    return status
  },
}
