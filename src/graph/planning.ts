// Plans, in a separate call with a longer timeout, statements that timed out; callers wait for that plan.
import { clearTimeout, monotonic, setTimeout, wait } from '../clock.ts'
import { GraphUnavailable, waitedForLock } from './failures.ts'

export type Planning = {
  /**
   * From now on `text` is sent for `statement`. `plan` runs it in a way that changes and returns nothing. `write`: the statement
   * acquires the lock of all writers.
   */
  sendAs(statement: string, text: string, plan: () => Promise<unknown>, write: boolean): void
  /** Plans a statement that was passed to `sendAs`, unless that is in progress; resolves when it is done or has failed. */
  plan(statement: string): Promise<unknown>
  /** The text that is sent for a statement: the one given to `sendAs`, or the statement itself. */
  textOf(statement: string): string
  /**
   * Waits for those of the statements that are being planned, then runs `work` with the rest of the time. If the wait takes longer than
   * `timeoutMs`, it calls `refused` and throws GraphUnavailable. If `work` times out, the statements are planned; those that were not passed to
   * `sendAs`, with `explain`.
   */
  guarded<T>(
    steps: Step[],
    timeoutMs: number,
    work: (leftMs: number) => Promise<T>,
    refused: () => void,
  ): Promise<T>
}

/** A statement and its parameters. */
export type Step = { text: string; params: Record<string, unknown> }

type SentStatement = { text: string; plan: () => Promise<unknown>; write: boolean }

/** The time for planning one statement. */
export const PLAN_TIMEOUT_MS = 30_000
const PING_EVERY_MS = 1_000
const MAX_PINGS = 3

/**
 * Neo4j stops planning when a transaction times out, and discards the work: on a slow machine every caller would begin to plan anew,
 * for ever. And a transaction of several statements holds the lock of all writers while its second statement is planned. So a statement
 * that timed out is planned with a timeout of its own (`plan`), one read and one write at a time, and callers wait until that is
 * done. If the plan exists, this takes a millisecond.
 * `ping` rejects if the database does not answer: after some failures callers no longer wait. `explain` plans a statement without running it.
 */
export function createPlanning(
  ping: () => Promise<void>,
  explain: (step: Step) => Promise<unknown>,
): Planning {
  const sent = new Map<string, SentStatement>()
  // Two lanes, because a write may wait for the lock, and reads must not wait for it. The first of a lane is being planned, the others wait.
  type Queued = { statement: string; done: Promise<void> }
  const lanes: { read: Queued[]; write: Queued[] } = { read: [], write: [] }

  function plan(statement: string): Promise<unknown> {
    const entry = sent.get(statement)
    return entry === undefined ? Promise.resolve() : enqueue(statement, entry)
  }

  function enqueue(statement: string, entry: Pick<SentStatement, 'plan' | 'write'>): Promise<void> {
    const lane = entry.write ? lanes.write : lanes.read
    const already = lane.find((queued) => queued.statement === statement)
    if (already !== undefined) return already.done
    // If it fails, the next caller's timeout starts it again.
    const done = (lane.at(-1)?.done ?? Promise.resolve())
      .then(() => whileAlive(entry.plan))
      .catch(() => undefined)
      .then(() => void lane.shift())
    lane.push({ statement, done })
    return done
  }

  async function whileAlive(work: () => Promise<unknown>): Promise<void> {
    let over = false
    const alive = async () => {
      for (let failures = 0; !over && failures < MAX_PINGS; ) {
        failures = await ping().then(
          () => 0,
          () => failures + 1,
        )
        await wait(PING_EVERY_MS, undefined, { ref: false })
      }
    }
    try {
      await Promise.race([work(), alive()])
    } finally {
      over = true
    }
  }

  async function planned(statements: string[], timeoutMs: number): Promise<void> {
    // Not for those that are only queued: they may have a plan (a slow database makes any statement time out), and the one before them may take
    // half a minute.
    const waiting = [lanes.read[0], lanes.write[0]].flatMap((first) =>
      first !== undefined && statements.includes(first.statement) ? [first.done] : [],
    )
    if (waiting.length === 0) return
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new GraphUnavailable('slow')), timeoutMs)
    })
    await Promise.race([Promise.all(waiting), late]).finally(() => clearTimeout(timer))
  }

  return {
    sendAs: (statement, text, plan, write) => void sent.set(statement, { text, plan, write }),
    plan,
    textOf: (statement) => sent.get(statement)?.text ?? statement,
    async guarded(steps, timeoutMs, work, refused) {
      const began = monotonic()
      const statements = steps.map(({ text }) => text)
      await planned(statements, timeoutMs).catch((error: unknown) => {
        refused()
        throw error
      })
      try {
        return await work(Math.max(1, timeoutMs - (monotonic() - began)))
      } catch (error) {
        if (error instanceof GraphUnavailable && error.reason === 'slow' && !waitedForLock(error))
          // EXPLAIN acquires no lock, so it goes with the reads.
          for (const step of steps)
            void enqueue(step.text, sent.get(step.text) ?? { plan: () => explain(step), write: false })
        throw error
      }
    },
  }
}
