// Reads dates as texts: those of request bodies and files, whose day and time must exist, and those of nodes.
import { isoTextOrNull } from '../graph/values.ts'

const FORM =
  /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:[.,]\d+)?)?(?: ?(?:Z|UTC|GMT|([+-])(\d\d)(?::?(\d\d)(?::(\d\d))?)?))?)?$/i
// The stored form, with a day that every month has: it needs no conversion, which saves time for files with millions of dates.
const AS_STORED = /^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|1\d|2[0-8])T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\dZ$/
const SECOND = 1_000

/**
 * Converts a date in ISO 8601, or as PostgreSQL and Rails write it, to whole UTC seconds: `2012-12-31T13:22:55Z`. Without a zone it
 * is UTC, without a time midnight; fractions of a second are dropped. Undefined for any other text, for a day or time that does
 * not exist (24:00 and leap seconds included), and outside the years 0000 to 9999.
 */
export function utcSeconds(text: string): string | undefined {
  if (AS_STORED.test(text)) return text
  const parts = FORM.exec(text)
  if (parts === null) return undefined
  const number = (at: number): number => Number(parts[at] ?? 0)
  const [hours, minutes, seconds] = [number(4), number(5), number(6)]
  if (hours > 23 || minutes > 59 || seconds > 59) return undefined
  if (number(8) > 23 || number(9) > 59 || number(10) > 59) return undefined
  const day = new Date(`${parts[1]}-${parts[2]}-${parts[3]}T00:00:00Z`)
  // Date turns 30 February into 1 March.
  if (Number.isNaN(day.getTime()) || day.getUTCDate() !== number(3)) return undefined
  const offset = (number(8) * 3600 + number(9) * 60 + number(10)) * (parts[7] === '-' ? -1 : 1)
  const iso = new Date(
    day.getTime() + (hours * 3600 + minutes * 60 + seconds - offset) * SECOND,
  ).toISOString()
  // Years outside 0000 to 9999 are written with a sign and six digits.
  return iso.length === 24 ? `${iso.slice(0, 19)}Z` : undefined
}

/**
 * `2012-12-31T13:22:55Z` for a date of a node: a datetime of the driver, a text or seconds since 1970. Undefined for anything else, and for
 * numbers beyond the year 9999, such as the milliseconds of Cypher's timestamp().
 */
export function isoSeconds(value: unknown): string | undefined {
  if (value === null || value === undefined || typeof value === 'boolean') return undefined
  if (typeof value === 'bigint') return isoTextOrNull(value) ?? undefined
  // The driver adds the name of a time zone, which Date does not know: 2020-01-02T03:04:05+01:00[Europe/Berlin].
  const date = new Date(String(value).replace(/\[[^\]]*\]$/, ''))
  return Number.isNaN(date.getTime()) ? undefined : `${date.toISOString().slice(0, 19)}Z`
}
