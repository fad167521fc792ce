// Random histories of changes over HTTP against a model of maps: lists, order, ids, counts and flags after every step.
import fc from 'fast-check'
import { expect, it, vi } from 'vitest'
import { runs, scale } from '../support/scale.ts'
import { startTestService } from '../support/service.ts'

vi.setConfig({ testTimeout: scale(60_000, 3_600_000) })
const service = await startTestService()
const PEOPLE = 4
const KINDS = ['follow', 'unfollow', 'block', 'unblock', 'mute', 'unmute'] as const
type Step = { kind: (typeof KINDS)[number]; from: number; to: number }
const step: fc.Arbitrary<Step> = fc.record({
  kind: fc.constantFrom(...KINDS, 'follow' as const, 'follow' as const),
  from: fc.nat(PEOPLE - 1),
  to: fc.nat(PEOPLE - 1),
})

type Relation = 'follow' | 'block' | 'mute'
const pair = (from: number, to: number) => `${from} ${to}`

it('agree with the model', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 25 }), async (history) => {
      const people = await service.users(PEOPLE)
      // Insertion order of each map is the order in which the relations were made.
      const model: Record<Relation, Map<string, string>> = {
        follow: new Map(),
        block: new Map(),
        mute: new Map(),
      }
      for (const { kind, from, to } of history) {
        const ends = kind.startsWith('un')
        const what = (ends ? kind.slice(2) : kind) as Relation
        const answer = await service.call(ends ? 'DELETE' : 'POST', `/users/${people[to]!.id}/${what}`, {
          token: people[from]!.token,
        })
        const key = pair(from, to)
        if (ends) {
          expect(answer.status).toBe(200)
          model[what].delete(key)
        } else if (from === to) {
          expect(answer.status).toBe(400)
          continue
        } else if (what === 'follow' && (model.block.has(key) || model.block.has(pair(to, from)))) {
          expect(answer.status).toBe(403)
          continue
        } else {
          expect(answer.status).toBe(200)
          if (!model[what].has(key)) model[what].set(key, '')
          if (what === 'block') for (const gone of [key, pair(to, from)]) model.follow.delete(gone)
        }
        const degree = (side: 0 | 1, of: number) =>
          [...model.follow.keys()].filter((one) => one.split(' ')[side] === String(of)).length
        expect(answer.body.data.counts).toMatchObject({
          following: degree(0, to),
          followers: degree(1, to),
        })
        if (from === to) continue
        expect(answer.body.data).toMatchObject({
          you_follow: model.follow.has(key),
          follows_you: model.follow.has(pair(to, from)),
          you_blocked: model.block.has(key),
          you_muted: model.mute.has(key),
        })
        const list = ({ follow: 'following', block: 'blocked', mute: 'muted' } as const)[what]
        const shown = (await service.call('GET', `/users/me/${list}`, { token: people[from]!.token })).body
          .data as { id: string; pagination_id: string }[]
        const expected = [...model[what].keys()].filter((one) => one.startsWith(`${from} `)).reverse()
        expect(shown.map(({ id }) => id)).toEqual(
          expected.map((one) => people[Number(one.split(' ')[1])]!.id),
        )
        expected.forEach((one, index) => {
          const cursor = shown[index]!.pagination_id
          const known = model[what].get(one)
          if (known) expect(cursor).toBe(known)
          model[what].set(one, cursor)
        })
      }
    }),
    { numRuns: runs(12, 1_000), endOnFailure: true },
  )
})
