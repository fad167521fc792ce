// Knows what a single value of a transfer file may be, and says how to mend one that may not.
import type { Cells } from './records.ts'

/** A picture of a user; sizes in pixels. */
export type Image = { url: string; width: number; height: number }

const MAX_ID = 2n ** 63n - 1n
const ID = /^[1-9][0-9]{0,18}$/
const DATE =
  /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:[.,]\d+)?)?(?:Z|([+-])(\d\d):?(\d\d))?)?$/i
// As it is stored, of a day that every month has: nothing to convert, and files hold millions of them.
const AS_STORED = /^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|1\d|2[0-8])T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\dZ$/
const MINUTE = 60_000

/** An id, 1 to 2^63−1, from digits or a JSON number. */
export function idIn(cells: Cells, column: string, faults: string[]): bigint | undefined {
  const value = cells[column]
  if (isAbsent(value)) return undefined
  const digits = typeof value === 'number' && Number.isSafeInteger(value) ? String(value) : value
  if (typeof digits === 'string' && ID.test(digits)) {
    const id = BigInt(digits)
    if (digits.length < 19 || id <= MAX_ID) return id
  }
  faults.push(
    `${column} is ${shown(value)}: write an integer from 1 to ${MAX_ID} without leading zeros, in JSON as a string`,
  )
  return undefined
}

/** As `idIn`, but absent is a fault. */
export function requiredIdIn(cells: Cells, column: string, faults: string[]): bigint | undefined {
  if (isAbsent(cells[column])) faults.push(`${column} is missing: write it`)
  return idIn(cells, column, faults)
}

/** A text of at most `most` code points; an empty one is absent. */
export function textIn(
  cells: Cells,
  column: string,
  faults: string[],
  most = Number.POSITIVE_INFINITY,
): string | undefined {
  const value = cells[column]
  if (isAbsent(value)) return undefined
  if (typeof value !== 'string') {
    faults.push(`${column} is ${shown(value)}: write a string`)
  } else if (/\p{Surrogate}/u.test(value)) {
    faults.push(`${column} holds half a surrogate pair: write whole characters`)
  } else if (value.length > most && [...value].length > most) {
    faults.push(`${column} is ${[...value].length} characters long: shorten it to ${most}`)
  } else {
    return value
  }
  return undefined
}

/** An ISO 8601 date as whole UTC seconds, `2012-12-31T13:22:55Z`; without a zone it is UTC, without a time midnight. */
export function dateIn(cells: Cells, column: string, faults: string[]): string | undefined {
  const value = cells[column]
  if (isAbsent(value)) return undefined
  const date = typeof value === 'string' ? isoSeconds(value) : undefined
  if (date === undefined)
    faults.push(`${column} is ${shown(value)}: write an ISO 8601 date such as 2012-12-31T13:22:55Z`)
  return date
}

function isoSeconds(text: string): string | undefined {
  if (AS_STORED.test(text)) return text
  const parts = DATE.exec(text)
  if (parts === null) return undefined
  const number = (at: number): number => Number(parts[at] ?? 0)
  const [hours, minutes, seconds] = [number(4), number(5), number(6)]
  if (hours > 23 || minutes > 59 || seconds > 59 || number(8) > 23 || number(9) > 59) return undefined
  const day = new Date(`${parts[1]}-${parts[2]}-${parts[3]}T00:00:00Z`)
  // 30 February is no date, though Date makes 1 March of it.
  if (Number.isNaN(day.getTime()) || day.getUTCDate() !== number(3)) return undefined
  const offset = (number(8) * 60 + number(9)) * (parts[7] === '-' ? -1 : 1)
  const at = day.getTime() + (hours * 60 + minutes - offset) * MINUTE + seconds * 1000
  const iso = new Date(at).toISOString()
  return iso.length === 24 ? `${iso.slice(0, 19)}Z` : undefined
}

/** An image from a JSON value or text in `column`, or from the columns `…_url`, `…_width`, `…_height`; one marked `is_default` is absent. */
export function imageIn(cells: Cells, column: string, faults: string[]): Image | undefined {
  const whole = jsonIn(cells, column, faults)
  const parts = {
    url: cells[`${column}_url`],
    width: cells[`${column}_width`],
    height: cells[`${column}_height`],
  }
  if (isAbsent(whole) && Object.values(parts).every(isAbsent)) return undefined
  const image = (isAbsent(whole) ? parts : whole) as Record<string, unknown>
  if (image.is_default === true) return undefined
  const { url, width, height } = image
  if (typeof url === 'string' && isWebAddress(url) && isSize(width) && isSize(height))
    return { url, width: Number(width), height: Number(height) }
  faults.push(`${column} is ${shown(image)}: it needs a url (http or https), a width and a height in pixels`)
  return undefined
}

function isWebAddress(url: string): boolean {
  return /^https?:\/\//i.test(url) && URL.canParse(url) && !/\p{Surrogate}/u.test(url)
}

function isSize(value: unknown): boolean {
  return /^[1-9][0-9]{0,8}$/.test(String(value)) && (typeof value === 'number' || typeof value === 'string')
}

/** A list, from a JSON value or from JSON text. */
export function listIn(cells: Cells, column: string, faults: string[]): unknown[] | undefined {
  const value = jsonIn(cells, column, faults)
  if (isAbsent(value) || Array.isArray(value)) return value as unknown[] | undefined
  faults.push(`${column} is ${shown(value)}: write a JSON array`)
  return undefined
}

/** The value, parsed if it is a text; never null. */
function jsonIn(cells: Cells, column: string, faults: string[]): unknown {
  const value = cells[column]
  if (isAbsent(value)) return undefined
  if (typeof value !== 'string') return value
  try {
    return JSON.parse(value) ?? undefined
  } catch {
    faults.push(`${column} is ${shown(value)}: write JSON`)
    return undefined
  }
}

/** True for what counts as not there: an empty cell, a JSON null, an empty text. */
export function isAbsent(value: unknown): value is undefined | null | '' {
  return value === undefined || value === null || value === ''
}

/** A value as messages show it: JSON, cut to a readable length. */
export function shown(value: unknown): string {
  const text = JSON.stringify(value)
  return text.length > 60 ? `${text.slice(0, 60)}…` : text
}
