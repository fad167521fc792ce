// Imports relationships into the graph: one transaction per batch, while the next batch is read and checked.

import type { Parts } from '../../parts.ts'
import { FOLLOWS, REQUESTS, type RelationKind } from '../../relations/kinds.ts'
import type { RelationRecord } from '../relation.ts'
import { highestAssigned } from '../sequence.ts'
import { createKnownUsers } from './known-users.ts'
import type { ImportCounts, ImportOptions } from './options.ts'
import { differs, distinctPairs, type Existing, findExisting, keyOf, linesOf, type Pair } from './pairs.ts'
import { refuse } from './positions.ts'
import { blockedReason, contended, followedReason, notKnown } from './reasons.ts'
import { createRelationWriter } from './write-relations.ts'

// Rows in one transaction; the service's writers wait for one such transaction at most.
const BATCH_SIZE = 5_000
const NONE: ReadonlySet<string> = new Set()

/** What is to be done for the pairs of a batch. */
type Prepared = { make: Pair[]; replace: Pair[] }

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
  const lastWins = options.replace === true
  const size = Math.min(BATCH_SIZE, options.pace?.most ?? BATCH_SIZE)
  const knownUsers = createKnownUsers(parts, options, counts)
  options.began ??= await highestAssigned(parts)
  const { began } = options
  const count = (key: keyof ImportCounts, by: number) => {
    counts[key] = (counts[key] ?? 0) + by
  }
  const reject = ({ record }: { record: RelationRecord }, reason: string): void => {
    count(plural, -1)
    refuse(options, file, record, reason)
  }
  const rejectLines = (pair: Pair, reason: string) => {
    for (const line of linesOf(pair)) reject(line, reason)
  }
  const writer = createRelationWriter(parts, kind, { ...options, began }, reject)

  // Counts the lines of a batch whose users exist, and refuses the others. Lines of pairs that are being written are put aside.
  async function admit(
    batch: RelationRecord[],
    writing: ReadonlySet<string>,
  ): Promise<{ lines: RelationRecord[]; aside: RelationRecord[] }> {
    await knownUsers.ensure(batch.flatMap((record) => [record[from] as bigint, record[to] as bigint]))
    const lines: RelationRecord[] = []
    const aside: RelationRecord[] = []
    let waiting = 0
    for (const record of batch) {
      const [a, b] = [record[from] as bigint, record[to] as bigint]
      if (options.knownUsers && !(knownUsers.has(a) && knownUsers.has(b)))
        refuse(options, file, record, notKnown(knownUsers.has(a) ? b : a))
      else if (writer.waitsWith(record)) waiting += 1
      else if (writing.has(keyOf(kind, record))) aside.push(record)
      else lines.push(record)
    }
    count(plural, lines.length + aside.length + waiting)
    return { lines, aside }
  }

  // Sorts lines into pairs to create and pairs to replace.
  async function prepare(lines: RelationRecord[]): Promise<Prepared> {
    const all = distinctPairs(lines, kind, lastWins)
    const found = await findExisting(parts, kind, all)
    const follows = kind === REQUESTS ? await findExisting(parts, FOLLOWS, all) : new Map<number, Existing>()
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
    return { make, replace }
  }

  async function write({ make, replace }: Prepared): Promise<void> {
    if (options.dryRun === true) {
      count(`made_${plural}`, (await writer.withFreeIds(make)).length)
      if (lastWins) count(`replaced_${plural}`, (await writer.withFreeIds(replace)).length)
      return
    }
    await options.pace?.before(make.length + replace.length)
    count(`made_${plural}`, await writer.make(make))
    if (lastWins) count(`replaced_${plural}`, await writer.replace(replace))
  }

  async function writeWaiting(): Promise<void> {
    const lines = writer.takeWaiting()
    await writer.readIds()
    for (let at = 0; at < lines.length; at += size) await write(await prepare(lines.slice(at, at + size)))
    for (const record of writer.takeWaiting()) reject({ record }, contended)
  }
  async function writeBatch(pairs: Prepared): Promise<void> {
    await write(pairs)
    // Many together, because all ids are read for them.
    if (writer.waiting >= BATCH_SIZE) await writeWaiting()
  }

  let writing = NONE
  let done: Promise<void> = Promise.resolve()
  try {
    for await (const batch of records) {
      for (let start = 0; start < batch.length; start += size) {
        // With `replace` the last line of a pair wins, so a batch is checked only after the previous one was written.
        if (lastWins) await done.then(() => (writing = NONE))
        const { lines, aside } = await admit(batch.slice(start, start + size), writing)
        const pairs = await prepare(lines)
        await done
        // Which of these pairs the previous batch has written is known only now. With `dryRun` it has written none, and they would count twice.
        if (aside.length > 0 && options.dryRun !== true)
          for (const pair of (await prepare(aside.filter((record) => !writer.waitsWith(record)))).make)
            pairs.make.push(pair)
        writing = new Set(pairs.make.map(({ key }) => key))
        done = writeBatch(pairs)
        // It is awaited above or below; until then a rejection must not count as unhandled.
        done.catch(() => undefined)
      }
    }
  } finally {
    await done
  }
  if (writer.waiting > 0) await writeWaiting()
  if (writer.ended > 0)
    options.say?.(
      `${writer.ended} follows or requests were ended, because the file has blocks between their users.`,
    )
  if (writer.late > 0)
    options.say?.(
      `${writer.late} ${plural} have ids up to ${began}, the highest id when this import began: lists sort them by these ids, and requests for new ones (since_id) do not return them.`,
    )
}
