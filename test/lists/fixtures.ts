// Creates the members of each list, so that one suite can check all lists.
import { expect } from 'vitest'
import type { TestUser } from '../../src/testing.ts'
import type { TestService } from '../support/service.ts'

export type Person = TestUser & { token: string }

/** Puts `count` users into the owner's list and returns their ids in the order of the list, newest relationship first. */
export type Fixture = (
  service: TestService,
  owner: Person,
  count: number,
  viewer: Person,
) => Promise<string[]>

/** Lists that only their owner may read, and apps if the route says so. */
export const OWN_LISTS = new Set(['muted', 'blocked', 'requests', 'requests-sent'])

/** Lists that depend on the caller, who must be the fixture's viewer. */
export const VIEWERS_LISTS = new Set(['followers-known'])

/** New users without tokens. */
export const people = (service: TestService, count: number): Promise<TestUser[]> =>
  Promise.all(Array.from({ length: count }, () => service.createUser()))

/** Runs `make` for one user after the other, so that the order is known; returns the ids, last one first. */
export async function inTurn(
  members: TestUser[],
  make: (member: TestUser) => Promise<unknown>,
): Promise<string[]> {
  for (const member of members) await make(member)
  return members.map(({ id }) => id).reverse()
}

/** Makes a function that changes a relation, named by method and last part of the path; every answer must be 200. */
export const changeOf =
  (service: TestService) => async (method: string, action: string, by: Person, whom: TestUser) => {
    const answer = await service.call(method, `/users/${whom.id}/${action}`, { token: by.token })
    expect(answer.status).toBe(200)
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
  requests: async (service, owner, count) => {
    await service.call('PATCH', '/users/me', { token: owner.token, json: { locked: true } })
    return inTurn(await people(service, count), (member) => service.follow(member, owner))
  },
  'requests-sent': async (service, owner, count) => {
    const members = await Promise.all(
      Array.from({ length: count }, () => service.createUser({ locked: true })),
    )
    return inTurn(members, (member) => service.follow(owner, member))
  },
  // Between the members there are users who are in one of the two sets only, so that the limit must be applied after the filter.
  mutuals: async (service, owner, count) => {
    const members = await people(service, count)
    for (const member of [...members].reverse()) await service.follow(member, owner)
    return inTurn(members, async (member) => {
      const [fan, idol] = await people(service, 2)
      await service.follow(fan!, owner)
      await service.follow(owner, idol!)
      await service.follow(owner, member)
    })
  },
  'followers-known': async (service, owner, count, viewer) => {
    const members = await people(service, count)
    for (const member of [...members].reverse()) await service.follow(viewer, member)
    return inTurn(members, async (member) => {
      const [stranger, friend] = await people(service, 2)
      await service.follow(stranger!, owner)
      await service.follow(viewer, friend!)
      await service.follow(member, owner)
    })
  },
  'followers-unreciprocated': async (service, owner, count) =>
    inTurn(await people(service, count), async (member) => {
      const [friend] = await people(service, 1)
      await service.follow(friend!, owner)
      await service.follow(owner, friend!)
      await service.follow(member, owner)
    }),
  'following-unreciprocated': async (service, owner, count) =>
    inTurn(await people(service, count), async (member) => {
      const [friend] = await people(service, 1)
      await service.follow(owner, friend!)
      await service.follow(friend!, owner)
      await service.follow(owner, member)
    }),
}
