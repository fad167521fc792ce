// The rules of follows, requests and moves as plain sets, with which the service has to agree (model.test.ts).

export const PLAN = 3
export type Person = { id: string; token: string }
export type Model = {
  following: Set<number>[]
  blocked: Set<number>[]
  muted: Set<number>[]
  /** Whom each has requested to follow. */
  requested: Set<number>[]
  locked: Set<number>
  hidden: Set<number>
  movedTo: Map<number, number>
  gone: Set<number>
}
export type Real = Person[]
export const BOT = 4
export const LOCKED = 1
export const PEOPLE = 5

const between = (model: Model, a: number, b: number) => model.blocked[a]!.has(b) || model.blocked[b]!.has(a)

/** What `POST follow` answers, by the model. */
export function verdict(model: Model, me: number, you: number): number {
  if (model.gone.has(me)) return 401
  if (model.gone.has(you)) return 404
  if (me === you) return 400
  if (model.following[me]!.has(you)) return 200
  if (between(model, me, you)) return 403
  if (me === BOT && !model.following[you]!.has(me)) return 403
  if (asks(model, me, you) && model.requested[me]!.has(you)) return 200
  return model.following[me]!.size >= PLAN ? 507 : 200
}

/** Whether a follow would be a request. */
export const asks = (model: Model, me: number, you: number) =>
  model.locked.has(you) && !model.following[you]!.has(me)

/** What `POST users/me/requests/{id}` answers: the rules of the follow of the one who waits, but for the lock. */
export function acceptance(model: Model, me: number, you: number): number {
  if (model.gone.has(me)) return 401
  if (model.gone.has(you) || !model.requested[you]!.has(me)) return 404
  if (you === BOT && !model.following[me]!.has(you)) return 403
  return model.following[you]!.size >= PLAN ? 507 : 200
}

/** Why a move to `you` leaves a follower where they are, by the model. */
function refusal(model: Model, follower: number, you: number): string | undefined {
  if (between(model, follower, you)) return 'blocked'
  const followedBack = model.following[you]!.has(follower)
  if (follower === BOT && !followedBack) return 'bot-rule'
  // Nobody follows more users than the plan allows, so no move is refused for that.
  return model.locked.has(you) && !followedBack ? 'locked' : undefined
}

/** Moves the followers of `me` to `you` in the model; the answer that the service gives. */
export function moveAll(model: Model, me: number, you: number, real: Real) {
  const answer = { moved: 0, kept: 0, refused: [] as { id: string; error_slug: string }[] }
  for (const follower of model.following.keys()) {
    const following = model.following[follower]!
    if (!following.has(me)) continue
    const why = follower === you || following.has(you) ? undefined : refusal(model, follower, you)
    if (why !== undefined) {
      answer.refused.push({ id: real[follower]!.id, error_slug: why })
      continue
    }
    following.delete(me)
    if (follower === you) continue
    answer[following.has(you) ? 'kept' : 'moved'] += 1
    following.add(you)
    model.requested[follower]!.delete(you)
  }
  if (model.movedTo.get(me) === you) return answer
  model.movedTo.set(me, you)
  model.movedTo.delete(you)
  return answer
}

export function newModel(): Model {
  const empty = () => Array.from({ length: PEOPLE }, () => new Set<number>())
  return {
    following: empty(),
    blocked: empty(),
    muted: empty(),
    requested: empty(),
    locked: new Set([LOCKED]),
    hidden: new Set(),
    movedTo: new Map(),
    gone: new Set(),
  }
}
