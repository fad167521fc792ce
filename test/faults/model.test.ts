// Promise 9: for any sequence of calls that fast-check generates, the service agrees with a model of plain sets.
import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import { patiently, untilAnswered } from '../support/patiently.ts'
import { measured, runs, scale, stopwatch } from '../support/scale.ts'
import { startTestService } from '../support/service.ts'
import {
  acceptance,
  asks,
  BOT,
  LOCKED,
  type Model,
  moveAll,
  newModel,
  PEOPLE,
  type Person,
  PLAN,
  type Real,
  verdict,
} from './follow-model.ts'
import { newSeed } from './proxy.ts'

const service = await startTestService({ MAX_FOLLOWING: String(PLAN) })
const provision = await patiently(() => service.appToken())

const WORLDS = 8

/** Method and path of an action by the first user on the second. */
const CALLS: Record<string, (id: string) => [method: string, path: string, json?: object]> = {
  follow: (id) => ['POST', `/users/${id}/follow`],
  unfollow: (id) => ['DELETE', `/users/${id}/follow`],
  mute: (id) => ['POST', `/users/${id}/mute`],
  unmute: (id) => ['DELETE', `/users/${id}/mute`],
  block: (id) => ['POST', `/users/${id}/block`],
  unblock: (id) => ['DELETE', `/users/${id}/block`],
  accept: (id) => ['POST', `/users/me/requests/${id}`],
  refuse: (id) => ['DELETE', `/users/me/requests/${id}`],
  lock: () => ['PATCH', '/users/me', { locked: true }],
  unlock: () => ['PATCH', '/users/me', { locked: false }],
  hide: () => ['PATCH', '/users/me', { hides_lists: true }],
  unhide: () => ['PATCH', '/users/me', { hides_lists: false }],
}
const OWN = ['lock', 'unlock', 'hide', 'unhide']

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
    if (action === 'move') return this.move(model, real)
    if (action === 'delete') {
      let tries = 0
      const { status } = await untilAnswered(() => {
        tries += 1
        return service.call('DELETE', `/users/${yours.id}`, { token: provision })
      })
      // The first try may have been made, and only its answer was late.
      expect(model.gone.has(you) ? [404] : tries > 1 ? [200, 404] : [200]).toContain(status)
      model.gone.add(you)
      for (const sets of [model.following, model.blocked, model.muted, model.requested]) {
        sets[you]!.clear()
        for (const set of sets) set.delete(you)
      }
      for (const [from, to] of model.movedTo) if (to === you) model.movedTo.delete(from)
      return
    }
    const [method, path, json] = CALLS[action]!(yours.id)
    const expected = this.expected(model, method)
    let tries = 0
    const answer = await untilAnswered(() => {
      tries += 1
      return service.call(method, path, { token: mine.token, ...(json === undefined ? {} : { json }) })
    })
    const answers = expected === 200 && ['accept', 'refuse'].includes(action)
    // The first try may have been made, and only its answer was late: then nothing waits any more.
    const late = answers && tries > 1 && answer.status === 404
    if (!late) expect(answer.status, this.toString()).toBe(expected)
    if (expected !== 200) return
    if (action === 'follow' && asks(model, me, you) && !model.following[me]!.has(you))
      model.requested[me]!.add(you)
    else if (action === 'follow') {
      model.following[me]!.add(you)
      model.requested[me]!.delete(you)
    }
    if (action === 'unfollow') {
      model.following[me]!.delete(you)
      model.requested[me]!.delete(you)
    }
    if (answers) model.requested[you]!.delete(me)
    if (action === 'accept') model.following[you]!.add(me)
    if (action === 'lock') model.locked.add(me)
    if (action === 'unlock') model.locked.delete(me)
    if (action === 'hide') model.hidden.add(me)
    if (action === 'unhide') model.hidden.delete(me)
    if (action === 'mute') model.muted[me]!.add(you)
    if (action === 'unmute') model.muted[me]!.delete(you)
    if (action === 'unblock') model.blocked[me]!.delete(you)
    if (action === 'block') {
      model.blocked[me]!.add(you)
      model.following[me]!.delete(you)
      model.following[you]!.delete(me)
      model.requested[me]!.delete(you)
      model.requested[you]!.delete(me)
    }
    if (late) return
    await agrees(model, real, me, answer.body.data, OWN.includes(action) ? me : you)
  }

  /** The account system moves the followers of `me` to `you`. */
  async move(model: Model, real: Real): Promise<void> {
    const { me, you } = this
    const [mine, yours] = [real[me] as Person, real[you] as Person]
    let tries = 0
    const { status, body } = await untilAnswered(() => {
      tries += 1
      return service.call('POST', `/users/${mine.id}/move`, { token: provision, json: { to: yours.id } })
    })
    const expected = me === you ? 400 : model.gone.has(me) || model.gone.has(you) ? 404 : 200
    expect(status, this.toString()).toBe(expected)
    if (expected !== 200) return
    const answer = moveAll(model, me, you, real)
    const told = {
      ...body.data,
      refused: new Set(body.data.refused.map((one: object) => JSON.stringify(one))),
    }
    // The first try may have been made, and only its answer was late: then nobody is left to move.
    if (tries === 1)
      expect(told, this.toString()).toEqual({
        ...answer,
        refused: new Set(answer.refused.map((one) => JSON.stringify(one))),
      })
    for (const [viewer, shown] of [
      [you, me],
      [me, you],
    ] as const) {
      const { body } = await untilAnswered(() =>
        service.call('GET', `/users/${real[shown]!.id}`, { token: real[viewer]!.token }),
      )
      await agrees(model, real, viewer, body.data, shown)
    }
  }

  expected(model: Model, method: string): number {
    const { action, me, you } = this
    if (action === 'follow') return verdict(model, me, you)
    if (action === 'accept') return acceptance(model, me, you)
    if (model.gone.has(me)) return 401
    if (OWN.includes(action)) return 200
    if (model.gone.has(you)) return 404
    if (action === 'refuse') return model.requested[you]!.has(me) ? 200 : 404
    return me === you && method === 'POST' ? 400 : 200
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
    expect(user.you_requested).toBe(model.requested[me]!.has(you) ? true : undefined)
  }
  expect(user.locked).toBe(model.locked.has(you) ? true : undefined)
  expect(user.hides_lists).toBe(model.hidden.has(you) ? true : undefined)
  const moved = model.movedTo.get(you)
  expect(user.moved_to).toBe(moved === undefined ? undefined : real[moved]!.id)
  const theirs = await untilAnswered(() =>
    service.call('GET', `/users/${real[you]!.id}/followers/ids`, { token: real[me]!.token }),
  )
  const open = me === you || !model.hidden.has(you)
  expect(theirs.status).toBe(open ? 200 : 403)
  if (open)
    expect(new Set(theirs.body.data)).toEqual(
      new Set(
        [...model.following.keys()].filter((n) => model.following[n]!.has(you)).map((n) => real[n]!.id),
      ),
    )
  const list = await untilAnswered(() =>
    service.call('GET', '/users/me/following/ids', { token: real[me]!.token }),
  )
  const idsOf = (people: Iterable<number>) => new Set([...people].map((n) => real[n]!.id))
  expect(new Set(list.body.data)).toEqual(idsOf(model.following[me]!))
  const waiting = [...model.requested.keys()].filter((n) => model.requested[n]!.has(me))
  for (const [path, people] of [
    ['/users/me/requests', waiting],
    ['/users/me/requests/sent', model.requested[me]!],
  ] as const) {
    const { body } = await untilAnswered(() => service.call('GET', path, { token: real[me]!.token }))
    expect(new Set(body.data.map(({ id }: Person) => id)), path).toEqual(idsOf(people))
  }
}

it('9: agrees with the model', { timeout: 3_600_000 }, async () => {
  const person = fc.integer({ min: 0, max: PEOPLE - 1 })
  const action = fc.oneof(
    { weight: 6, arbitrary: fc.constant('follow') },
    { weight: 8, arbitrary: fc.constantFrom('unfollow', 'mute', 'unmute', 'block', 'unblock') },
    { weight: 6, arbitrary: fc.constantFrom('accept', 'accept', 'refuse', 'lock', 'unlock') },
    { weight: 4, arbitrary: fc.constantFrom('move', 'move', 'hide', 'unhide') },
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
          patiently(() => service.user(n === BOT ? { type: 'bot' } : n === LOCKED ? { locked: true } : {})),
        ),
      )
      await fc.asyncModelRun(
        () => ({
          model: newModel(),
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
