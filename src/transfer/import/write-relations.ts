// Writes the pairs of an import into the graph: creates their relationships, or replaces ids and dates, and gives no id twice.

import { wait, wallClock } from '../../clock.ts'
import { failureKind, GraphUnavailable, outcomeUnknown } from '../../graph/failures.ts'
import type { Row, Step } from '../../graph/graph.ts'
import { isoTextOfMs } from '../../graph/values.ts'
import type { Parts } from '../../parts.ts'
import { BLOCKS, type RelationKind } from '../../relations/kinds.ts'
import { type RelationRecord, statementOf } from '../relation.ts'
import { type AssignedIds, readAssignedIds } from './assigned-ids.ts'
import { FIXUPS } from './fixups.ts'
import { type ImportOptions, TIMEOUT_MS } from './options.ts'
import { beginning, differs, findExisting, keyOf, linesInTurn, linesOf, type Pair } from './pairs.ts'
import { idTaken } from './reasons.ts'

// If this process hangs between two statements of a transaction, all writers wait for its lock until this timeout.
const LOCKED_MS = 30_000
const TRIES = 5
// The pause after an answer that was lost, times the number of the try.
const PAUSE_MS = 200

export type RelationWriter = {
  /** Those of the pairs that would be written: without an id, or with a free one. The other lines are refused. */
  withFreeIds(pairs: Pair[]): Promise<Pair[]>
  /** Creates relationships that did not exist; resolves with how many it has created. */
  make(pairs: Pair[]): Promise<number>
  /** Gives existing relationships the ids and dates of the file; resolves with how many it has changed. */
  replace(pairs: Pair[]): Promise<number>
  /** The number of lines that were not written, because another client has drawn their ids, perhaps for relationships of this kind. */
  readonly waiting: number
  /** Whether lines of the pair wait; then the line is put behind them. */
  waitsWith(record: RelationRecord): boolean
  /** Takes the lines that wait. */
  takeWaiting(): RelationRecord[]
  /** Reads which ids are taken; from now on none is uncertain. */
  readIds(): Promise<void>
  /** How many ids up to `began` were used. */
  readonly late: number
  /** How many follows and requests the blocks of the file have ended. */
  readonly ended: number
}

export function createRelationWriter(
  parts: Parts,
  kind: RelationKind,
  options: ImportOptions & { began: bigint },
  reject: (line: Pair, reason: string) => void,
): RelationWriter {
  const { plural } = kind
  const now = options.now ?? wallClock
  const statement = (name: string, of: RelationKind = kind) =>
    statementOf(of, parts.queries.get(`transfer/${name}`).statement)
  let assigned: AssignedIds | undefined // read when the file gives its first id
  let waiting: RelationRecord[] = []
  const waitingKeys = new Set<string>()
  let late = 0
  let ended = 0

  // Of each pair the first line without an id or with a free one; the lines before that are reported.
  async function withFreeIds(pairs: Pair[]): Promise<Pair[]> {
    if (assigned === undefined && pairs.some((pair) => linesOf(pair).some(({ id }) => id !== null)))
      assigned = await readAssignedIds(parts, kind)
    const ids = assigned
    if (ids === undefined) return pairs
    const isKept = ({ id, current }: Pair) => id === null || id === current
    const isUncertain = (line: Pair) => !isKept(line) && ids.isUncertain(line.id as bigint)
    const certain: Pair[] = []
    for (const pair of pairs) {
      if (linesOf(pair).some(isUncertain)) putOff(pair)
      else certain.push(pair)
    }
    const lines = new Map(certain.map((pair) => [pair.key, linesOf(pair)]))
    const free = new Map<string, Pair>()
    const keep = (line: Pair) => {
      const own = lines.get(line.key) as Pair[]
      free.set(line.key, beginning(own, own.indexOf(line)))
    }
    for (const line of linesInTurn(certain, options.replace === true)) {
      if (free.has(line.key)) continue
      if (isKept(line)) keep(line)
      else if (ids.claim(line.id as bigint)) {
        keep(line)
        if ((line.id as bigint) <= options.began) late += 1
      } else reject(line, idTaken(line.id as bigint, plural))
    }
    return [...free.values()]
  }

  const putOff = (pair: Pair) => {
    waitingKeys.add(pair.key)
    for (const { record } of linesOf(pair)) waiting.push(record)
  }

  // The pairs that a transaction has skipped, because their ids were drawn since `known`; `before` is null if it has written nothing.
  const skippedOf = (pairs: Pair[], known: bigint, before: bigint | null) =>
    pairs.filter(({ id }) => id !== null && id > known && (before === null || id <= before))

  const columns = (pairs: Pair[]) => ({
    from: pairs.map((pair) => pair.from),
    to: pairs.map((pair) => pair.to),
    ids: pairs.map((pair) => pair.id),
    dates: pairs.map((pair) => (pair.date === null ? null : parts.graph.dateTime(pair.date))),
    highest: pairs.reduce((most, { id }) => (id !== null && id > most ? id : most), 0n),
    known: assigned?.known ?? 0n,
  })

  async function make(wanted: Pair[]): Promise<number> {
    let made = 0
    // Once an answer was lost, the pairs that exist are those that this import has created.
    let answerLost = false
    async function missing(pairs: Pair[]): Promise<Pair[]> {
      const found = await findExisting(parts, kind, pairs)
      const left = pairs.filter((_, n) => found.get(n)?.exists !== true)
      if (answerLost) made += pairs.length - left.length
      return left
    }
    for (let pairs = await withFreeIds(wanted), tries = 1; pairs.length > 0; tries += 1) {
      const unnumbered = pairs.some(({ id }) => id === null) ? BigInt(pairs.length) : 0n
      const params = { ...columns(pairs), unnumbered, now: parts.graph.dateTime(isoTextOfMs(now())) }
      const { from, to, known } = params
      const steps: Step[] = [{ text: statement('relations'), params }]
      // The pairs were checked before the transaction had the lock: if a pair now has both a block and a follow, the follow is removed.
      const fixups = FIXUPS.get(kind) ?? []
      for (const { file, of } of fixups) steps.push({ text: statement(file, of), params: { from, to } })
      await options.changing()
      let answer: Row[][]
      try {
        // Once, because the same rows would be skipped the second time, or violate the constraint.
        answer = await parts.graph.transaction(`transfer/${plural}`, steps, LOCKED_MS, true)
      } catch (error) {
        const lost = error instanceof GraphUnavailable && outcomeUnknown(error.cause)
        if (tries === TRIES || !(lost || failureKind(error) === 'conflict')) throw error
        answerLost ||= lost
        if (lost) await wait(PAUSE_MS * tries)
        // After a conflict another client has created one of these pairs since the check.
        pairs = await missing(pairs)
        continue
      }
      const [rows, ...removed] = answer
      const [created, before, start] = (rows?.[0] ?? []) as [bigint, bigint | null, bigint | null]
      if (assigned !== undefined && before !== null && start !== null) {
        for (const [n, { id }] of pairs.entries()) if (id === null) assigned.claim(start + BigInt(n) + 1n)
        assigned.wrote(before, start + unnumbered)
      }
      made += Number(created)
      const skipped = skippedOf(pairs, known, before)
      for (const pair of answerLost ? await missing(skipped) : skipped) putOff(pair)
      for (const [place, { refused }] of fixups.entries()) {
        if (kind === BLOCKS) ended += Number(removed[place]?.[0]?.[0] ?? 0)
        if (refused === undefined) continue
        for (const [n] of removed[place] ?? []) {
          const pair = pairs[Number(n)] as Pair
          for (const line of linesOf(pair)) reject(line, refused(pair))
          made -= 1
        }
      }
      return made
    }
    return made
  }

  async function replace(wanted: Pair[]): Promise<number> {
    const pairs = await withFreeIds(wanted)
    if (pairs.length === 0) return 0
    const params = columns(pairs)
    const { highest, known } = params
    await options.changing()
    const text = statement('replace-relations')
    const [row] = await parts.graph.write(`transfer/replace-${plural}`, text, params, TIMEOUT_MS)
    const [count, before] = row as [bigint, bigint | null]
    const raised = before !== null && highest > before
    if (before !== null) assigned?.wrote(before, raised ? highest : before)
    const skipped = skippedOf(pairs, known, before)
    if (skipped.length === 0) return Number(count)
    // If the first answer was lost, the statement was sent twice, and the second time it has skipped what it had changed.
    const found = await findExisting(parts, kind, skipped)
    const left = skipped.filter((pair, n) => {
      const existing = found.get(n)
      return existing === undefined || !existing.exists || differs(pair, existing)
    })
    for (const pair of left) putOff(pair)
    return Number(count) + skipped.length - left.length
  }

  return {
    withFreeIds,
    make,
    replace,
    get waiting() {
      return waiting.length
    },
    waitsWith(record) {
      if (!waitingKeys.has(keyOf(kind, record))) return false
      waiting.push(record)
      return true
    },
    takeWaiting() {
      const taken = waiting
      waiting = []
      waitingKeys.clear()
      return taken
    },
    async readIds() {
      assigned = await readAssignedIds(parts, kind)
    },
    get late() {
      return late
    },
    get ended() {
      return ended
    },
  }
}
