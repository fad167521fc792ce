// Imports relationships into the graph: one transaction per batch, while the next batch is read and checked.

import { wallClock } from '../../clock.ts'
import { failureKind } from '../../graph/failures.ts'
import type { Step } from '../../graph/graph.ts'
import { isoTextOfMs } from '../../graph/values.ts'
import type { Parts } from '../../parts.ts'
import { BLOCKS, FOLLOWS, REQUESTS, type RelationKind } from '../../relations/kinds.ts'
import { type RelationRecord, statementOf } from '../relation.ts'
import { highestAssigned } from '../sequence.ts'
import { type AssignedIds, readAssignedIds } from './assigned-ids.ts'
import { FIXUPS } from './fixups.ts'
import { createKnownUsers } from './known-users.ts'
import { type ImportCounts, type ImportOptions, TIMEOUT_MS } from './options.ts'
import { differs, distinctPairs, type Existing, findExisting, keyOf, linesInTurn, linesOf, type Pair } from './pairs.ts'
import { refuse } from './positions.ts'
import { blockedReason, followedReason, idTaken, notKnown } from './reasons.ts'

// Rows in one transaction; the service's writers wait for one such transaction at most.
const BATCH_SIZE = 5_000
// If this process hangs between two statements of a transaction, all writers wait for its lock until this timeout.
const LOCKED_MS = 30_000
const TRIES = 5

const NONE: ReadonlySet<string> = new Set()

/**
 * Writes relationships that do not exist yet. Users that do not exist are created with defaults, or their lines are refused.
 * Follows and requests between users of whom one blocks the other are refused, and requests of who follows already. Follows end the request
 * of their pair, blocks the follows and requests. With `replace` an existing relationship gets the file's id and date.
 */
export async function importRelations(
  parts: Parts,
  kind: RelationKind,
  file: string,
  records: AsyncIterable<RelationRecord[]>,
  options: ImportOptions,
  counts: ImportCounts,
): Promise<void> {
  const { plural, from, to } = kind
  const now = options.now ?? wallClock
  const statement = (name: string, of: RelationKind = kind) =>
    statementOf(of, parts.queries.get(`transfer/${name}`).statement)
  const knownUsers = createKnownUsers(parts, options, counts)
  let assigned: AssignedIds | undefined // read when the file gives its first id
  options.began ??= await highestAssigned(parts)
  const { began } = options
  const lastWins = options.replace === true
  let late = 0
  let ended = 0 // by blocks
  const count = (key: keyof ImportCounts, by: number) => {
    counts[key] = (counts[key] ?? 0) + by
  }
  const reject = ({ record }: Pair, reason: string): void => {
    count(plural, -1)
    refuse(options, file, record, reason)
  }
  const rejectId = (pair: Pair) => reject(pair, idTaken(pair.id as bigint, plural))
  const rejectLines = (pair: Pair, reason: string) => {
    for (const line of linesOf(pair)) reject(line, reason)
  }

  // Sorts a batch into pairs to create and pairs to replace. Lines of pairs that the previous batch is writing are put aside.
  async function prepare(
    batch: RelationRecord[],
    writing: ReadonlySet<string>,
  ): Promise<{ make: Pair[]; replace: Pair[]; aside: RelationRecord[] }> {
    await knownUsers.ensure(batch.flatMap((record) => [record[from] as bigint, record[to] as bigint]))
    const lines: RelationRecord[] = []
    const aside: RelationRecord[] = []
    for (const record of batch) {
      const [a, b] = [record[from] as bigint, record[to] as bigint]
      if (options.knownUsers && !(knownUsers.has(a) && knownUsers.has(b))) {
        refuse(options, file, record, notKnown(knownUsers.has(a) ? b : a))
        continue
      }
      if (writing.has(keyOf(kind, record))) aside.push(record)
      else lines.push(record)
    }
    count(plural, lines.length)
    const all = distinctPairs(lines, kind, lastWins)
    const found = await findExisting(parts, kind, all)
    const follows =
      kind === REQUESTS ? await findExisting(parts, FOLLOWS, all) : new Map<number, Existing>()
    const isBarred = kind === FOLLOWS || kind === REQUESTS
    const make: Pair[] = []
    const replace: Pair[] = []
    all.forEach((pair, n) => {
      const old = found.get(n)
      if (follows.get(n)?.exists === true) rejectLines(pair, followedReason(pair))
      else if (old === undefined || (!old.exists && (!isBarred || !old.blocked))) make.push(pair)
      else if (old.exists) {
        if (!lastWins || !differs(pair, old)) return
        for (const line of linesOf(pair)) line.current = old.id
        replace.push(pair)
      } else rejectLines(pair, blockedReason(pair))
    })
    return { make, replace, aside }
  }

  const columns = (pairs: Pair[]) => ({
    from: pairs.map((pair) => pair.from),
    to: pairs.map((pair) => pair.to),
    ids: pairs.map((pair) => pair.id),
    dates: pairs.map((pair) => (pair.date === null ? null : parts.graph.dateTime(pair.date))),
    highest: pairs.reduce((most, { id }) => (id !== null && id > most ? id : most), 0n),
  })

  // Of each pair the first line without an id or with a free one; the lines before that are reported.
  async function withFreeIds(pairs: Pair[]): Promise<Pair[]> {
    if (assigned === undefined && pairs.some((pair) => linesOf(pair).some(({ id }) => id !== null)))
      assigned = await readAssignedIds(parts, kind)
    const ids = assigned
    if (ids === undefined) return pairs
    const free = new Map<string, Pair>()
    for (const line of linesInTurn(pairs, lastWins)) {
      if (free.has(line.key)) continue
      const has = line.id === null || line.id === line.current
      if (!has && !ids.claim(line.id as bigint)) rejectId(line)
      else {
        free.set(line.key, line)
        if (!has && (line.id as bigint) <= began) late += 1
      }
    }
    return [...free.values()]
  }

  // Called with the sequence before and after a transaction, which skipped rows whose ids other clients may have drawn meanwhile.
  function written(pairs: Pair[], before: bigint, after: bigint): void {
    const known = assigned?.known ?? before
    for (const pair of pairs) if (pair.id !== null && pair.id > known && pair.id <= before) rejectId(pair)
    assigned?.wrote(before, after)
  }

  async function make(wanted: Pair[]): Promise<number> {
    for (let pairs = await withFreeIds(wanted), tries = 1; pairs.length > 0; tries += 1) {
      const unnumbered = pairs.some(({ id }) => id === null) ? BigInt(pairs.length) : 0n
      const params = {
        ...columns(pairs),
        unnumbered,
        now: parts.graph.dateTime(isoTextOfMs(now())),
        known: assigned?.known ?? 0n,
      }
      const steps: Step[] = [{ text: statement('relations'), params }]
      // The pairs were checked before the transaction had the lock: if a pair now has both a block and a follow, the follow is removed.
      const fixups = FIXUPS.get(kind) ?? []
      for (const { file, of } of fixups)
        steps.push({ text: statement(file, of), params: { from: params.from, to: params.to } })
      await options.changing()
      try {
        const [rows, ...removed] = await parts.graph.transaction(`transfer/${plural}`, steps, LOCKED_MS)
        const [made, before, start] = (rows?.[0] ?? []) as [bigint, bigint | null, bigint | null]
        if (before !== null && start !== null) {
          if (assigned !== undefined)
            for (const [n, { id }] of pairs.entries()) if (id === null) assigned.claim(start + BigInt(n) + 1n)
          written(pairs, before, start + unnumbered)
        } else for (const pair of pairs) if (pair.id !== null) rejectId(pair)
        let left = Number(made)
        for (const [place, { refused }] of fixups.entries()) {
          if (kind === BLOCKS) ended += Number(removed[place]?.[0]?.[0] ?? 0)
          if (refused === undefined) continue
          for (const [n] of removed[place] ?? []) {
            const pair = pairs[Number(n)] as Pair
            rejectLines(pair, refused(pair))
            left -= 1
          }
        }
        return left
      } catch (error) {
        if (failureKind(error) !== 'conflict' || tries === TRIES) throw error
        // Another client has created one of these pairs since the check.
        const found = await findExisting(parts, kind, pairs)
        pairs = pairs.filter((_, n) => found.get(n)?.exists !== true)
      }
    }
    return 0
  }

  async function replace(wanted: Pair[]): Promise<number> {
    const pairs = await withFreeIds(wanted)
    if (pairs.length === 0) return 0
    const params = { ...columns(pairs), known: assigned?.known ?? 0n }
    await options.changing()
    const [row] = await parts.graph.write(
      `transfer/replace-${plural}`,
      statement('replace-relations'),
      params,
      TIMEOUT_MS,
    )
    const [replaced, before] = row as [bigint, bigint | null]
    if (before !== null) written(pairs, before, params.highest > before ? params.highest : before)
    return Number(replaced)
  }

  // Under `dryRun` nothing is written, so that lines that were put aside would count once more.
  const prepareAgain = async (aside: RelationRecord[]): Promise<Pair[]> => {
    if (options.dryRun !== true && aside.length > 0) return (await prepare(aside, NONE)).make
    count(plural, aside.length)
    return []
  }

  async function write(pairs: { make: Pair[]; replace: Pair[] }): Promise<void> {
    if (options.dryRun === true) {
      count(`made_${plural}`, (await withFreeIds(pairs.make)).length)
      if (lastWins) count(`replaced_${plural}`, (await withFreeIds(pairs.replace)).length)
      return
    }
    await options.pace?.before(pairs.make.length + pairs.replace.length)
    count(`made_${plural}`, await make(pairs.make))
    if (lastWins) count(`replaced_${plural}`, await replace(pairs.replace))
  }

  let writing = NONE
  let done: Promise<void> = Promise.resolve()
  try {
    const size = Math.min(BATCH_SIZE, options.pace?.most ?? BATCH_SIZE)
    for await (const batch of records) {
      for (let start = 0; start < batch.length; start += size) {
        // With `replace` the last line of a pair wins, so a batch is checked only after the previous one was written.
        if (lastWins) await done.then(() => (writing = NONE))
        const rows = batch.slice(start, start + size)
        const pairs = await prepare(rows, writing)
        await done
        // What the previous batch has written of these pairs is known only now; with `replace` there are none.
        for (const pair of await prepareAgain(pairs.aside)) pairs.make.push(pair)
        writing = new Set(pairs.make.map(({ key }) => key))
        done = write(pairs)
        // It is awaited above or below; until then a rejection must not count as unhandled.
        done.catch(() => undefined)
      }
    }
  } finally {
    await done
  }
  if (ended > 0)
    options.say?.(`${ended} follows or requests were ended, because the file has blocks between their users.`)
  if (late > 0)
    options.say?.(
      `${late} ${plural} have ids up to ${began}, the highest id when this import began: lists sort them by these ids, and requests for new ones (since_id) do not return them.`,
    )
}
