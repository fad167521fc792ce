// A step of a move is in the memory before the reset at the end of the move (docs/decisions/024): what is shown is what a service without memory shows.
import { afterAll, expect, inject, it, vi } from 'vitest'
import { createParts } from '../../src/create-parts.ts'
import type { Person } from '../lists/fixtures.ts'
import { startTestService } from '../support/service.ts'

vi.setConfig({ testTimeout: 60_000 })
const service = await startTestService()
const plain = await startTestService({ MEMORY: '0' })
const parts = createParts(inject('neo4j'), { maxFollowing: null })
afterAll(() => parts.graph.close())

it('shows counts, lists and viewer fields as they are after a step', async () => {
  const [from, to, viewer, both, ...fans] = (await service.users(7)) as [
    Person,
    Person,
    Person,
    Person,
    ...Person[],
  ]
  for (const fan of [viewer, both, to, ...fans]) await service.follow(fan, from)
  await service.follow(both, to)
  const paths = [from, to, viewer, both, ...fans].flatMap(({ id }) => [
    `/users/${id}`,
    `/users/${id}/followers`,
    `/users/${id}/following`,
    `/users/${id}/followers/ids`,
    `/users/${id}/following/ids`,
  ])
  const readAll = (at: typeof service) =>
    Promise.all(
      paths.map(async (path) => {
        const { text } = await at.call('GET', path, { token: viewer.token })
        // The two have addresses of their own.
        return JSON.parse(text.replaceAll(new URL(at.url).origin, '')).data
      }),
    )
  // The second and third time they come from memory.
  for (let turn = 0; turn < 3; turn += 1) expect(await readAll(service)).toEqual(await readAll(plain))

  const { statement } = parts.queries.get('moves/step')
  const [id, target] = [BigInt(from.id), BigInt(to.id)]
  await parts.accounts.change(id, false, (stored) => ({ ...stored, id, moved_to: target }))
  const params = {
    id,
    to: target,
    after: 0n,
    up_to: 2n ** 62n,
    limit: 1_000n,
    max_following: null,
    run: 'test',
  }
  await parts.graph.write('moves/step', statement, params, 60_000)
  const shown = await readAll(service)
  expect(shown).toEqual(await readAll(plain))
  expect(shown[0]).toMatchObject({ counts: { followers: 0 }, you_follow: false })
  expect(shown[5]).toMatchObject({ counts: { followers: 5 }, you_follow: true })
  for (let turn = 0; turn < 2; turn += 1) expect(await readAll(service)).toEqual(shown)
})
