// Checks and converts single values of a transfer file; each fault says how to fix the value.
import { faultOf, textFault } from '../../http/plain.ts'
import { utcSeconds } from '../../users/dates.ts'
import { type Image, imageProperties } from '../../users/field-types.ts'
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

/** A text of at most `most` code points, spaces included; an empty text counts as absent. */
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
    return undefined
  }
  const fault = textFault(value)
  if (fault !== undefined) faults.push(`${column} ${clause(fault)}`)
  else if (value.length > most && [...value].length > most)
    faults.push(`${column} is ${[...value].length} characters long: shorten it to ${most}`)
  else return value
  return undefined
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
export function imageIn(cells: Cells, column: string, faults: string[]): Image | undefined {
  const whole = jsonIn(cells, column, faults)
  const parts = isAbsent(whole) ? partsIn(cells, column) : undefined
  if (isAbsent(whole) && parts === undefined) return undefined
  const image = (parts ?? whole) as Record<string, unknown>
  if (image.is_default === true) return undefined
  const { url, width, height } = image
  if (typeof url === 'string' && isWebAddress(url) && isSize(width) && isSize(height))
    return { url, width: Number(width), height: Number(height) }
  faults.push(`${column} is ${shown(image)}: it needs a url (http or https), a width and a height in pixels`)
  return undefined
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

/** A web address; spaces around it are ignored. */
export function urlIn(cells: Cells, column: string, faults: string[]): string | undefined {
  const value = wordIn(cells, column)
  if (value === undefined) return undefined
  if (typeof value === 'string' && isWebAddress(value)) return value
  faults.push(`${column} is ${shown(value)}: write an address that begins with http:// or https://`)
  return undefined
}

/** A whole number between two bounds, from digits or a JSON number. */
export function integerIn(
  cells: Cells,
  column: string,
  faults: string[],
  { minimum = Number.MIN_SAFE_INTEGER, maximum = Number.MAX_SAFE_INTEGER },
): number | undefined {
  const value = wordIn(cells, column)
  if (value === undefined) return undefined
  const number =
    typeof value === 'number' || /^-?\d+(\.00?)?$/.test(plainText(value)) ? Number(value) : Number.NaN
  if (Number.isSafeInteger(number) && number >= minimum && number <= maximum) return number
  faults.push(`${column} is ${shown(value)}: write an integer from ${minimum} to ${maximum}`)
  return undefined
}

/** `true` or `false`, also written as 1 or 0, `t` or `f` (PostgreSQL), 1.0 or 0.0 (programs that store them in floating point). */
export function booleanIn(cells: Cells, column: string, faults: string[]): boolean | undefined {
  const value = wordIn(cells, column)
  if (value === undefined) return undefined
  if (/^(true|t|1(\.00?)?)$/i.test(plainText(value))) return true
  if (/^(false|f|0(\.00?)?)$/i.test(plainText(value))) return false
  faults.push(`${column} is ${shown(value)}: write true or false`)
  return undefined
}

function isWebAddress(url: string): boolean {
  return /^https?:\/\//i.test(url) && URL.canParse(url) && textFault(url) === undefined
}

function isSize(value: unknown): boolean {
  return (
    (typeof value === 'number' || typeof value === 'string') &&
    /^[1-9][0-9]{0,8}(\.00?)?$/.test(String(value))
  )
}

/** A list of objects, from a JSON value or JSON text, whose keys and values can be stored. */
export function listIn(cells: Cells, column: string, faults: string[]): unknown[] | undefined {
  const value = jsonIn(cells, column, faults)
  if (isAbsent(value)) return undefined
  if (!Array.isArray(value)) {
    faults.push(`${column} is ${shown(value)}: write a JSON array`)
    return undefined
  }
  const wrong = value.findIndex((one) => typeof one !== 'object' || one === null || Array.isArray(one))
  if (wrong !== -1)
    faults.push(`${column}[${wrong}] is ${shown(value[wrong])}: write a JSON object, such as {"type": "…"}`)
  const fault = faultOf({ [column]: value })
  if (fault !== undefined) faults.push(clause(fault))
  return wrong === -1 && fault === undefined ? value : undefined
}

// Turns a sentence about a request body into a clause for a file: `annotations[0].x holds half a surrogate pair: send whole characters`.
const clause = (sentence: string): string =>
  sentence
    .replace(/\bthe field /, '')
    .replace('; ', ': ')
    .replace(/\.$/, '')

/** The value, parsed if it is text; undefined instead of null. */
function jsonIn(cells: Cells, column: string, faults: string[]): unknown {
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
