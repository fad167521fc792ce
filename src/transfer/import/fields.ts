// Converts single values of an import file; each fault says how to fix the value. What a value may be is checked after that (field-fault.ts).
import { utcSeconds } from '../../users/dates.ts'
import { imageProperties } from '../../users/field-types.ts'
import { FIELDS } from '../../users/profile-fields.ts'
import { shown } from '../shown.ts'
import type { Cells } from './kind.ts'

const MAX_ID = 2n ** 63n - 1n
const ID = /^[1-9][0-9]{0,18}$/
// Ids as written by programs that store them in floating point. At most two zeros: `1.000` is a thousand in some countries.
const WHOLE = /^([1-9][0-9]{0,15})\.00?$/
const ROUNDED = /^\d+(?:[.,]\d+)?e[+-]?\d+$|^\d{16,}\.0+$/i

/** An id, 1 to 2^63−1, from digits or a JSON number; spaces around it are ignored. */
export function idIn(cells: Cells, column: string, faults: string[]): bigint | undefined {
  const value = cells[column]
  if (isAbsent(value)) return undefined
  const id = typeof value === 'string' || typeof value === 'number' ? idOf(value) : undefined
  if (id !== undefined || isBlank(value)) return id
  const rounded =
    typeof value === 'number' ? value > Number.MAX_SAFE_INTEGER : ROUNDED.test(plainText(value).trim())
  faults.push(
    `${column} is ${shown(value)}: write an integer from 1 to ${MAX_ID} without leading zeros, in JSON as a string${
      rounded
        ? '; a spreadsheet or program has rounded this one and its digits are lost, so take it from the original source'
        : ''
    }`,
  )
  return undefined
}

function idOf(value: string | number): bigint | undefined {
  if (typeof value === 'number') return Number.isSafeInteger(value) && value > 0 ? BigInt(value) : undefined
  if (ID.test(value)) return idOfDigits(value)
  const text = value.trim()
  if (ID.test(text)) return idOfDigits(text)
  const id = Number(WHOLE.exec(text)?.[1])
  return Number.isSafeInteger(id) ? BigInt(id) : undefined
}

function idOfDigits(digits: string): bigint | undefined {
  const id = BigInt(digits)
  return digits.length < 19 || id <= MAX_ID ? id : undefined
}

/** As `idIn`, but absent is a fault. */
export function requiredIdIn(cells: Cells, column: string, faults: string[]): bigint | undefined {
  const before = faults.length
  const id = idIn(cells, column, faults)
  if (id === undefined && faults.length === before) faults.push(`${column} is missing: write it`)
  return id
}

/** A value without the spaces around it; undefined if it is blank. */
export function wordIn(cells: Cells, column: string): unknown {
  const value = cells[column]
  if (isAbsent(value)) return undefined
  return typeof value === 'string' ? value.trim() || undefined : value
}

/** A moment as whole UTC seconds, `2012-12-31T13:22:55Z`; see dates.ts. */
export function dateIn(cells: Cells, column: string, faults: string[]): string | undefined {
  const value = wordIn(cells, column)
  if (value === undefined) return undefined
  const date = typeof value === 'string' ? utcSeconds(value) : undefined
  if (date === undefined)
    faults.push(
      `${column} is ${shown(value)}: write an ISO 8601 date that exists, such as 2012-12-31T13:22:55Z`,
    )
  return date
}

/** An image from JSON in `column`, or from the columns `…_url`, `…_width`, `…_height`. An image with `is_default` counts as absent. */
export function imageIn(cells: Cells, column: string, faults: string[]): unknown {
  const whole = jsonIn(cells, column, faults)
  const image = isAbsent(whole) ? partsIn(cells, column) : whole
  if (typeof image !== 'object' || image === null || Array.isArray(image)) return image
  const { url, width, height, is_default } = image as Record<string, unknown>
  return is_default === true ? undefined : { url, width: numberOf(width), height: numberOf(height) }
}

const PARTS = new Map<string, readonly string[]>(
  FIELDS.filter(({ type }) => type === 'image').map(({ name }) => [name, imageProperties(name)]),
)

/** The columns that `imageIn` reads an image from. */
export const IMAGE_PARTS = [...PARTS.values()].flat()

function partsIn(cells: Cells, column: string): Record<string, unknown> | undefined {
  const parts = PARTS.get(column) ?? []
  if (parts.every((part) => isAbsent(cells[part]))) return undefined
  const [url, width, height] = parts.map((part) => wordIn(cells, part))
  return url === undefined && width === undefined && height === undefined ? undefined : { url, width, height }
}

/** A whole number, from digits or a JSON number; something else as it is. */
export const integerIn = (cells: Cells, column: string): unknown => numberOf(wordIn(cells, column))

const numberOf = (value: unknown): unknown =>
  typeof value === 'string' && /^-?\d{1,16}(\.00?)?$/.test(value) ? Number(value) : value

/** `true` or `false`, also written as 1 or 0, `t` or `f` (PostgreSQL), 1.0 or 0.0 (programs that store them in floating point). */
export function booleanIn(cells: Cells, column: string, faults: string[]): boolean | undefined {
  const value = wordIn(cells, column)
  if (value === undefined) return undefined
  if (/^(true|t|1(\.00?)?)$/i.test(plainText(value))) return true
  if (/^(false|f|0(\.00?)?)$/i.test(plainText(value))) return false
  faults.push(`${column} is ${shown(value)}: write true or false`)
  return undefined
}

/** The value, parsed if it is text; undefined instead of null. */
export function jsonIn(cells: Cells, column: string, faults: string[]): unknown {
  const value = cells[column]
  if (isBlank(value)) return undefined
  if (typeof value !== 'string') return value
  try {
    return JSON.parse(value) ?? undefined
  } catch {
    faults.push(`${column} is ${shown(value)}: write JSON`)
    return undefined
  }
}

/** The text of a plain JSON value; '' for a list or an object, which String() would unwrap (`[true]`) or fail at (`{"toString": null}`). */
function plainText(value: unknown): string {
  return typeof value === 'object' ? '' : String(value)
}

/** Whether a value counts as absent: an empty cell, a JSON null, an empty text. */
export function isAbsent(value: unknown): value is undefined | null | '' {
  return value === undefined || value === null || value === ''
}

const isBlank = (value: unknown): boolean =>
  isAbsent(value) || (typeof value === 'string' && value.trim() === '')
