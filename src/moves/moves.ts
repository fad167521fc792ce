// Moves the followers of a user to another user, in steps, and resumes moves that were interrupted.
import { randomUUID } from 'node:crypto'
import { monotonic, wallClock } from '../clock.ts'
import { pause } from '../events/pause.ts'
import { asRun, type Run } from '../events/runs.ts'
import { GraphUnavailable } from '../graph/failures.ts'
import type { Graph, Row } from '../graph/graph.ts'
import type { Queries } from '../graph/queries.ts'
import { badRequest } from '../http/errors.ts'
import { profileWithoutKey, storedText } from '../users/accounts.ts'
import { type Profile, profileOf } from '../users/profile.ts'
import { createRefused, type Refused, type RefusedSlug } from './refused.ts'

/** How many follow the other user instead, how many followed both, and who still follows the user. */
export type MoveResult = { moved: number; kept: number; refused: Refused }

/** A move that has begun. It goes on whether somebody waits for `done` or not; null if one of the two was deleted meanwhile. */
export type Move = { done: Promise<MoveResult | null> }

export type Moves = {
  /**
   * Sets `moved_to` and begins to move the followers of `id` to `to`, or resumes that; null if there is no such user. Two calls for the same two
   * users share one move. A later move of `id` to somebody else replaces it: it ends with those who were moved until then.
   * Errors: 400 if both are the same.
   */
  begin(id: bigint, to: bigint): Promise<Move | null>
  /** Finishes moves that no process is carrying out, for example after a crash; rejects if one of them fails. */
  resume(): Promise<void>
  /** Has the moves in progress end after their next step, to be resumed later; resolves when they have. */
  stop(): Promise<void>
}

/** The reason of the `reset` at the end of a move. */
const MOVE = 'move'

// Followers moved in one transaction, during which other writers wait.
const STEP = 1_000n
const TIMEOUT_MS = 30_000
const RETRY_MS = 1_000
const MAX_TRIES = 8
// A process that has not touched its run for this time (it does so every ten seconds) is not waited for.
const ALIVE_MS = 30_000n
// After each step the database has this many times the step's duration for others.
const PACE = 1

export function createMoves(graph: Graph, queries: Queries, maxFollowing: bigint | null): Moves {
  const running = new Map<string, Move>()
  const unfinished = new Set<Promise<unknown>>()
  let stopping = false

  const text = (name: string) => queries.get(name).statement
  const write = async (name: string, params: Record<string, unknown>): Promise<Row | undefined> =>
    (await graph.write(name, text(name), params, TIMEOUT_MS))[0]

  async function propertiesOf(id: bigint): Promise<Record<string, unknown> | null> {
    const [row] = await graph.read('users/profile', text('users/profile'), { id }, TIMEOUT_MS)
    return (row?.[0] ?? null) as Record<string, unknown> | null
  }

  // What moves/begin takes of a user: `next` replaces the profile, null leaves it as it is.
  function change(properties: Record<string, unknown>, next: Profile | null) {
    const stored = storedText(properties)
    return next === null
      ? { stored, properties: null, created_at: null }
      : { stored, ...profileWithoutKey(graph, next, wallClock).params }
  }

  // Follows with ids above `upTo` are not moved; null if there is no such user.
  async function mark(
    id: bigint,
    to: bigint,
    run: string,
  ): Promise<{ verdict: string; upTo: bigint } | null> {
    for (let tries = 1; tries <= MAX_TRIES; tries += 1) {
      const [stored, target] = await Promise.all([propertiesOf(id), propertiesOf(to)])
      if (stored === null || target === null) return null
      const profile = profileOf(stored)
      const { moved_to: onward, ...settled } = profileOf(target)
      const repeats = profile.moved_to === to
      const row = await write('moves/begin', {
        id,
        to,
        from: change(stored, repeats ? null : { ...profile, moved_to: to }),
        target: change(target, repeats || onward === undefined ? null : settled),
        run,
        reason: MOVE,
      })
      const [verdict, upTo] = row as [string, bigint]
      if (verdict === 'not-found') return null
      if (verdict !== 'changed') return { verdict, upTo }
    }
    throw new GraphUnavailable('busy')
  }

  // Repeats work while the database is away. A step may be sent again: its totals stand in the graph.
  async function untilDone<T>(work: () => Promise<T>): Promise<T> {
    for (;;) {
      const began = monotonic()
      try {
        return await work()
      } catch (error) {
        if (!(error instanceof GraphUnavailable)) throw error
        // A step that fails after a long time has held up other writers for as long.
        if (!stopping) await pause(Math.max(RETRY_MS, monotonic() - began))
        if (stopping) throw error
      }
    }
  }

  // `known` is the run that the beginning has written.
  function carryOut(id: bigint, to: bigint, upTo: bigint, known?: string): Promise<MoveResult | null> {
    const work = async (run: Run) => {
      const outcomeUnknown = (error: unknown) => {
        run.changed ||= error instanceof GraphUnavailable
        throw error
      }
      await untilDone(run.changing)
      run.changed = false
      const result: MoveResult = { moved: 0, kept: 0, refused: createRefused() }
      for (let after = 0n; ; ) {
        if (stopping) throw new GraphUnavailable('stopping')
        const began = monotonic()
        const params = { id, to, after, up_to: upTo, limit: STEP, max_following: maxFollowing, run: run.id }
        const row = await untilDone(() => write('moves/step', params).catch(outcomeUnknown))
        const [state, moved, kept, ended, walked, last, refused] = row as Step
        if (state === 'moving') {
          result.moved = Math.max(result.moved, Number(moved))
          result.kept = Math.max(result.kept, Number(kept))
        }
        // Of a step that was sent again only the totals tell what it changed.
        run.changed ||= ended > 0n || result.moved + result.kept > 0
        for (const [follower, slug] of refused) result.refused.add(follower, slug)
        if (state !== 'moving' || walked < STEP || last === null) {
          await untilDone(() => write('moves/end', { id, to, up_to: upTo }))
          return state === 'not-found' ? null : result
        }
        after = last
        await pause((monotonic() - began) * PACE)
      }
    }
    // The end of the run, too, is sent until it is done: a finished move would otherwise have no answer, and a repeat is another move.
    return asRun({ graph, queries }, MOVE, work, known, untilDone)
  }

  function start(id: bigint, to: bigint, upTo: bigint, known?: string): Move {
    const key = `${id} ${to}`
    const move = { done: carryOut(id, to, upTo, known) }
    running.set(key, move)
    const ended = move.done
      .catch(() => undefined)
      .then(() => {
        if (running.get(key) === move) running.delete(key)
        unfinished.delete(ended)
      })
    unfinished.add(ended)
    return move
  }

  // A call for a move that is in progress here shares it.
  const resumed = (id: bigint, to: bigint, upTo: bigint): Move =>
    running.get(`${id} ${to}`) ?? start(id, to, upTo)

  return {
    async begin(id, to) {
      if (id === to) throw badRequest('a user cannot be moved to itself; name another user in the field to.')
      const run = randomUUID()
      const marked = await mark(id, to, run)
      if (marked === null) return null
      const { upTo } = marked
      return marked.verdict === 'resumed' ? resumed(id, to, upTo) : start(id, to, upTo, run)
    },
    async resume() {
      const found = await graph.read(
        'moves/unfinished',
        text('moves/unfinished'),
        { ms: ALIVE_MS },
        TIMEOUT_MS,
      )
      if (stopping) return
      const ends = await Promise.allSettled(
        (found as bigint[][]).map(
          ([id, to, upTo]) => resumed(id as bigint, to as bigint, upTo as bigint).done,
        ),
      )
      const failed = ends.find(
        (end) => end.status === 'rejected' && !(end.reason instanceof GraphUnavailable),
      )
      if (failed?.status === 'rejected') throw failed.reason
    },
    async stop() {
      stopping = true
      await Promise.all(unfinished)
    },
  }
}

type Step = [
  state: 'moving' | 'replaced' | 'not-found',
  moved: bigint | null,
  kept: bigint | null,
  ended: bigint,
  walked: bigint,
  last: bigint | null,
  refused: [id: bigint, slug: RefusedSlug][],
]
