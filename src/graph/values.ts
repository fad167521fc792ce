// Converts between the driver's values and ours: rows and dates.
import { DateTime, type RecordShape } from 'neo4j-driver'

/** Values of one row, in the order of the statement's columns; integers are bigint. */
export type Row = unknown[]

type Records = { keys: PropertyKey[]; get(index: number): unknown }[]

/** The driver's records as rows. */
export const rowsOf = (records: Records | RecordShape[]): Row[] =>
  (records as Records).map((record) => record.keys.map((_, index) => record.get(index)))

/** A value that Neo4j stores as a datetime, from `2012-12-31T13:22:55Z`. */
export function dateTime(iso: string): unknown {
  const date = new Date(iso)
  return new DateTime(
    date.getUTCFullYear(),
    date.getUTCMonth() + 1,
    date.getUTCDate(),
    date.getUTCHours(),
    date.getUTCMinutes(),
    date.getUTCSeconds(),
    0,
    0,
  )
}

const DAY = 86_400
const MAX_DATES = 10_000
const dates = new Map<number, string>()
const TWO = Array.from({ length: 60 }, (_, n) => String(n).padStart(2, '0'))

/**
 * Seconds since 1970 as `2012-12-31T13:22:55Z`. A page has twenty dates, mostly of days that were formatted before, so the days are cached:
 * Date took 5 % of Node's time for a cached page.
 */
export function isoText(seconds: bigint): string {
  const at = Number(seconds)
  const day = Math.floor(at / DAY)
  let date = dates.get(day)
  if (date === undefined) {
    date = new Date(day * DAY * 1000).toISOString().slice(0, -'00:00:00.000Z'.length)
    if (dates.size >= MAX_DATES) dates.clear()
    dates.set(day, date)
  }
  const rest = at - day * DAY
  return `${date}${TWO[Math.floor(rest / 3600)]}:${TWO[Math.floor(rest / 60) % 60]}:${TWO[rest % 60]}Z`
}

const [YEAR_0, YEAR_10000] = [-62_167_219_200n, 253_402_300_800n]

/** As `isoText`; null if there is no date, or one whose year does not have four digits, as only Cypher can write it. */
export const isoTextOrNull = (seconds: bigint | null): string | null =>
  seconds === null || seconds < YEAR_0 || seconds >= YEAR_10000 ? null : isoText(seconds)

/** Milliseconds since 1970 in the same format; fractions of a second are dropped. */
export const isoTextOfMs = (ms: number): string => isoText(BigInt(Math.floor(ms / 1000)))
