// The memory is updated by entries of the log, and emptied when others may have written: every order in which a poll can find commits.
import { expect, it } from 'vitest'
import { entryOf, type LogEntry } from '../../src/events/kinds.ts'
import type { LogPollAnswer } from '../../src/events/log.ts'
import { GraphUnavailable } from '../../src/graph/failures.ts'
import { createLogPoll } from '../../src/memory/log-poll.ts'

function bookmark(transaction: number, database = 7): string {
  const number = Buffer.from([0xca, 0, 0, 0, 0])
  number.writeInt32BE(transaction, 1)
  const bytes = [0x91, 0xcc, 0x10, ...new Array(16).fill(database), ...number, 0x90]
  return `FB:${Buffer.from(bytes).toString('base64')}`
}

/** A log of `length` entries in a database of `transactions`; entry n was made at 1,000 n, of log `which`. */
const log = { length: 10, transactions: 100, database: 7, which: 0, lacks: 0n }
const madeAt = (ordinal: bigint) => ordinal * 1_000n + BigInt(log.which)
const entry = (ordinal: bigint): LogEntry =>
  entryOf([ordinal, ordinal * 2n, ordinal * 2n, madeAt(ordinal), null, null, null, null, null])

/** What each question was asked with, and what happens behind an answer or in its middle. */
function polling() {
  const asked: (string | undefined)[] = []
  const happens: { middle?: () => void; after?: () => void; fails?: Error }[] = []
  const events: string[] = []
  const poll = async (behind: bigint, limit: number, _: number, after?: string): Promise<LogPollAnswer> => {
    asked.push(after)
    const { middle, after: then, fails } = happens.shift() ?? {}
    if (fails !== undefined) throw fails
    const ordinal = BigInt(log.length)
    const entries = Array.from({ length: log.length }, (_, n) => BigInt(n + 1))
      .filter((n) => n > behind && n !== log.lacks)
      .slice(0, limit)
      .map(entry)
    middle?.()
    const found = {
      ordinal,
      madeAt: behind > 0n && behind <= ordinal ? madeAt(behind) : null,
      entries,
      bookmark: bookmark(log.transactions, log.database),
    }
    then?.()
    return found
  }
  const logPoll = createLogPoll(
    { poll },
    {
      apply: ({ ordinal }) => void events.push(`${ordinal}`),
      empty: () => void events.push('empty'),
      pollBegan: () => () => void events.push('kept'),
    },
    { unreadable: () => void events.push('unreadable') },
  )
  /** What one poll leads to. */
  const once = async () => {
    events.length = asked.length = 0
    await logPoll.poll()
    return events.join(' ')
  }
  return { logPoll, once, asked, happens }
}

/** Entries of services, and transactions of others. */
function written(services: number, others = 0): void {
  log.length += services
  log.transactions += services + others
}

async function settled() {
  Object.assign(log, { length: 10, transactions: 100, database: 7, which: 0, lacks: 0n })
  const all = polling()
  expect(await all.once()).toBe('empty kept')
  expect(await all.once()).toBe('kept')
  return all
}

it('begins by two queries of one moment, the second of which saw all that the first one names', async () => {
  Object.assign(log, { length: 10, transactions: 100, database: 7, which: 0, lacks: 0n })
  const { once, asked, logPoll } = polling()
  expect([logPoll.ordinal, logPoll.bookmark]).toEqual([undefined, undefined])
  expect(await once()).toBe('empty kept')
  expect(asked).toEqual([undefined, bookmark(100)])
  expect([logPoll.ordinal, logPoll.bookmark]).toEqual([10n, bookmark(100)])
})

it('goes on by the entries of services, in order', async () => {
  const { once, asked, logPoll } = await settled()
  written(3)
  expect(await once()).toBe('11 12 13 kept')
  expect(asked).toEqual([undefined])
  expect(logPoll.bookmark).toBe(bookmark(103))
})

it('polls again where a service commits beside the poll', async () => {
  const { once, asked, happens } = await settled()
  happens.push({ middle: () => written(1) }, { middle: () => written(2) })
  expect(await once()).toBe('11 12 13 kept')
  expect(asked).toEqual([undefined, bookmark(101), bookmark(103)])
})

it.each([
  ['between others', 12n],
  ['the newest', 13n],
])('polls again where an entry is not in the index yet: %s', async (_, lacks) => {
  const { once, happens } = await settled()
  written(3)
  log.lacks = lacks
  happens.push({ after: () => Object.assign(log, { lacks: 0n }) })
  expect(await once()).toBe('11 12 13 kept')
})

it('is emptied where an entry was deleted, and goes on behind it', async () => {
  const { once, logPoll } = await settled()
  written(3, 1)
  log.lacks = 12n
  expect(await once()).toBe('empty kept')
  expect(logPoll.ordinal).toBe(13n)
  log.lacks = 0n
  written(1)
  expect(await once()).toBe('14 kept')
})

it.each([
  ['alone', 0, 1],
  ['beside services', 2, 1],
  ['many times', 0, 40],
])('is emptied where somebody else has written, %s', async (_, services, others) => {
  const { once, logPoll } = await settled()
  written(services, others)
  expect(await once()).toBe('empty kept')
  expect(logPoll.ordinal).toBe(10n + BigInt(services))
  written(1)
  expect(await once()).toBe(`${11 + services} kept`)
})

it('does not take somebody else’s transaction for one of a service that comes behind it', async () => {
  const { once, happens } = await settled()
  // It may not be seen yet, but is named; then services commit beside each query.
  log.transactions += 1
  for (let n = 0; n < 5; n += 1) happens.push({ after: () => written(1) })
  expect((await once()).replace(/\d+ /g, '')).toBe('empty kept')
})

it('is emptied where another database answers, or one that was put back', async () => {
  const { once } = await settled()
  log.database = 8
  expect(await once()).toBe('empty kept')
  written(-4)
  expect(await once()).toBe('empty kept')
  // Written again until both numbers are what they were.
  log.which = 1
  written(4)
  expect(await once()).toBe('7 8 9 10 kept')
})

it('knows a log that was put back and is as long as before by when its entry was made', async () => {
  const { once } = await settled()
  written(1)
  expect(await once()).toBe('11 kept')
  log.which = 1
  expect(await once()).toBe('empty kept')
})

it('catches up by several queries where more was written than one query returns', async () => {
  const { once, logPoll, asked } = await settled()
  written(1_201)
  expect(await once()).toBe(`${Array.from({ length: 1_201 }, (_, n) => 11 + n).join(' ')} kept`)
  expect([logPoll.ordinal, asked.length]).toEqual([1_211n, 3])
})

it('is emptied where it is too far behind, in the same generation', async () => {
  const { once, logPoll } = await settled()
  written(5_001)
  expect(await once()).toBe('empty kept')
  expect(logPoll.ordinal).toBe(5_011n)
})

it('keeps nothing while others write all the time, and rests then', async () => {
  const { once, asked, happens, logPoll } = await settled()
  for (let n = 0; n < 40; n += 1) happens.push({ middle: () => written(0, 1) })
  expect((await once()).endsWith('kept')).toBe(false)
  expect([logPoll.ordinal, logPoll.bookmark]).toEqual([undefined, undefined])
  await once()
  expect(asked).toEqual([])
})

it('says so where the database does not answer, and holds when it answers again', async () => {
  const { once, happens } = await settled()
  happens.push({ fails: new GraphUnavailable('slow') })
  await expect(once()).rejects.toThrow(GraphUnavailable)
  written(1)
  expect(await once()).toBe('11 kept')
})

it('does without the memory where a transaction cannot be read for long after its commit', async () => {
  const { once, happens, asked, logPoll } = await settled()
  written(0, 1)
  happens.push({}, { fails: new GraphUnavailable('slow') })
  expect(await once()).toBe('empty')
  // Reads must not wait for it either.
  expect(logPoll.bookmark).toBeUndefined()
  expect(await once()).toBe('')
  expect(asked).toEqual([])
})

it('forgets all where a bookmark is refused', async () => {
  const { once, happens, logPoll } = await settled()
  written(0, 1)
  happens.push({}, { fails: new Error('Neo.ClientError.Transaction.InvalidBookmark') })
  expect(await once()).toBe('empty')
  expect(logPoll.bookmark).toBeUndefined()
})

it('is without memory where bookmarks are written in another way, and says it once', async () => {
  const events: string[] = []
  const poll = async () => ({ ordinal: 1n, madeAt: null, entries: [], bookmark: 'neo4j:bookmark:v1:tx17' })
  const never = () => void events.push('called')
  const logPoll = createLogPoll(
    { poll },
    { apply: never, empty: never, pollBegan: () => never },
    { unreadable: () => void events.push('unreadable') },
  )
  await logPoll.poll()
  await logPoll.poll()
  expect([events, logPoll.ordinal]).toEqual([['unreadable'], undefined])
})
