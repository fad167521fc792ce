// Knows who is in which list: one line of story a list, so that the one suite can check them all.
import type { TestUser } from '../../src/testing.ts'
import type { TestService } from '../support/service.ts'

export type Person = TestUser & { token: string }

/** Puts `count` people into the owner's list; answers their ids in the order of the list, newest relationship first. */
export type Fixture = (service: TestService, owner: Person, count: number, viewer: Person) => Promise<string[]>

/** Lists that only their owner and apps may read. */
export const OWN_LISTS = new Set(['muted', 'blocked'])

/** Lists that depend on who asks: the fixture's viewer is the one to ask. */
export const VIEWERS_LISTS = new Set(['followers-known'])

/** New users without tokens. */
export const people = (service: TestService, count: number): Promise<TestUser[]> =>
  Promise.all(Array.from({ length: count }, () => service.createUser()))

/** Does `make` for one person after the other, so that the order is known; answers the ids, last made first. */
export async function inTurn(
  members: TestUser[],
  make: (member: TestUser) => Promise<unknown>,
): Promise<string[]> {
  for (const member of members) await make(member)
  return members.map(({ id }) => id).reverse()
}

const write = async (service: TestService, path: string, token: string) => {
  const answer = await service.call('POST', path, { token })
  if (answer.status !== 200) throw new Error(`${path} answered ${answer.text}`)
}

export const FIXTURES: Record<string, Fixture> = {
  following: async (service, owner, count) => {
    const [other, ...members] = await people(service, count + 1)
    await service.follow(other!, owner)
    return inTurn(members, (member) => service.follow(owner, member))
  },
  followers: async (service, owner, count) => {
    const [other, ...members] = await people(service, count + 1)
    await service.follow(owner, other!)
    return inTurn(members, (member) => service.follow(member, owner))
  },
  muted: async (service, owner, count) =>
    inTurn(await people(service, count), ({ id }) => write(service, `/users/${id}/mute`, owner.token)),
  blocked: async (service, owner, count) =>
    inTurn(await people(service, count), ({ id }) => write(service, `/users/${id}/block`, owner.token)),
}
