// Promise 9: for any sequence of calls that fast-check generates, the service agrees with a model of plain sets.
import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import { patiently, untilAnswered } from '../support/patiently.ts'
import { measured, runs, scale, stopwatch } from '../support/scale.ts'
import { startTestService } from '../support/service.ts'
import { newSeed } from './proxy.ts'

const PLAN = 3
const service = await startTestService({ MAX_FOLLOWING: String(PLAN) })
const provision = await patiently(() => service.appToken())

type Person = { id: string; token: string }
type Model = { following: Set<number>[]; blocked: Set<number>[]; muted: Set<number>[]; gone: Set<number> }
type Real = Person[]
const BOT = 4
const PEOPLE = 5
const WORLDS = 8

const between = (model: Model, a: number, b: number) => model.blocked[a]!.has(b) || model.blocked[b]!.has(a)

/** What `POST follow` answers, by the model. */
function verdict(model: Model, me: number, you: number): number {
  if (model.gone.has(me)) return 401
  if (model.gone.has(you)) return 404
  if (me === you) return 400
  if (model.following[me]!.has(you)) return 200
  if (between(model, me, you)) return 403
  if (me === BOT && !model.following[you]!.has(me)) return 403
  return model.following[me]!.size >= PLAN ? 507 : 200
}

class Act implements fc.AsyncCommand<Model, Real> {
  readonly action: string
  readonly me: number
  readonly you: number
  constructor(action: string, me: number, you: number) {
    this.action = action
    this.me = me
    this.you = you
  }
  check = () => true
  toString = () => `${this.me} ${this.action} ${this.you}`

  async run(model: Model, real: Real): Promise<void> {
    const { action, me, you } = this
    const [mine, yours] = [real[me] as Person, real[you] as Person]
    if (action === 'delete') {
      let tries = 0
      const { status } = await untilAnswered(() => {
        tries += 1
        return service.call('DELETE', `/users/${yours.id}`, { token: provision })
      })
      // The first try may have been made, and only its answer was late.
      expect(model.gone.has(you) ? [404] : tries > 1 ? [200, 404] : [200]).toContain(status)
      model.gone.add(you)
      for (const sets of [model.following, model.blocked, model.muted]) {
        sets[you]!.clear()
        for (const set of sets) set.delete(you)
      }
      return
    }
    const [method, route] = action.startsWith('un') ? ['DELETE', action.slice(2)] : ['POST', action]
    const expected =
      action === 'follow'
        ? verdict(model, me, you)
        : model.gone.has(me)
          ? 401
          : model.gone.has(you)
            ? 404
            : me === you && method === 'POST'
              ? 400
              : 200
    const answer = await untilAnswered(() =>
      service.call(method as string, `/users/${yours.id}/${route}`, { token: mine.token }),
    )
    expect(answer.status, this.toString()).toBe(expected)
    if (expected !== 200) return
    if (action === 'follow') model.following[me]!.add(you)
    if (action === 'unfollow') model.following[me]!.delete(you)
    if (action === 'mute') model.muted[me]!.add(you)
    if (action === 'unmute') model.muted[me]!.delete(you)
    if (action === 'unblock') model.blocked[me]!.delete(you)
    if (action === 'block') {
      model.blocked[me]!.add(you)
      model.following[me]!.delete(you)
      model.following[you]!.delete(me)
    }
    await agrees(model, real, me, answer.body.data, you)
  }
}

async function agrees(
  model: Model,
  real: Real,
  me: number,
  user: Record<string, unknown>,
  you: number,
): Promise<void> {
  const followers = model.following.filter((set) => set.has(you)).length
  expect(user.counts).toMatchObject({ following: model.following[you]!.size, followers })
  if (me !== you) {
    expect(user).toMatchObject({
      you_follow: model.following[me]!.has(you),
      follows_you: model.following[you]!.has(me),
      you_blocked: model.blocked[me]!.has(you),
      you_muted: model.muted[me]!.has(you),
      you_can_follow: [200, 507].includes(verdict(model, me, you)),
    })
  }
  const list = await untilAnswered(() =>
    service.call('GET', '/users/me/following/ids', { token: real[me]!.token }),
  )
  expect(new Set(list.body.data)).toEqual(new Set([...model.following[me]!].map((n) => real[n]!.id)))
}

it('9: agrees with the model', { timeout: 3_600_000 }, async () => {
  const person = fc.integer({ min: 0, max: PEOPLE - 1 })
  const action = fc.oneof(
    { weight: 6, arbitrary: fc.constant('follow') },
    { weight: 8, arbitrary: fc.constantFrom('unfollow', 'mute', 'unmute', 'block', 'unblock') },
    { weight: 1, arbitrary: fc.constant('delete') },
  )
  const one = fc.tuple(action, person, person).map(([what, me, you]) => new Act(what, me, you))
  const sequences = runs(300, 5_000)
  const seed = newSeed()
  const more = stopwatch()
  let [done, steps] = [0, 0]
  const property = fc.asyncProperty(
    fc.commands([one], { maxCommands: scale(20, 60), size: 'max' }),
    async (commands) => {
      if (!more()) return
      const real: Real = await Promise.all(
        Array.from({ length: PEOPLE }, (_, n) =>
          patiently(() => service.user(n === BOT ? { type: 'bot' } : {})),
        ),
      )
      const empty = () => Array.from({ length: PEOPLE }, () => new Set<number>())
      await fc.asyncModelRun(
        () => ({
          model: { following: empty(), blocked: empty(), muted: empty(), gone: new Set<number>() },
          real,
        }),
        commands,
      )
      done += 1
      steps += [...commands].length
    },
  )
  // Each sequence has users of its own, so several run at the same time.
  await Promise.all(
    Array.from({ length: WORLDS }, (_, world) =>
      fc.assert(property, {
        ...{ numRuns: Math.ceil(sequences / WORLDS), seed: seed + world, endOnFailure: true },
      }),
    ),
  )
  measured(9, `${done} sequences in ${WORLDS} worlds, ${steps} steps, no disagreement`)
})
