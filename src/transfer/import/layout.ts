// Finds the delimiter and the columns of a CSV file by its first line.

import { shortened } from '../shown.ts'
import { csvRecord, withoutEnd } from './csv.ts'
import type { Kind } from './kind.ts'

export type Layout = {
  delimiter: string
  columns: { name: string; at: number }[]
  /** The number of fields in a line; infinite without a header. */
  width: number
  /** Whether the first line is a header; otherwise it is a record. */
  named: boolean
  /** Whether the header is that of our own export, which follows RFC 4180 without doubt. */
  isExport: boolean
}

// The delimiters that spreadsheets write, depending on country and format.
const DELIMITERS = [',', ';', '\t', '|']
// Excel's line before the header that names the delimiter.
const DELIMITER_LINE = /^"?sep=(.)"?$/i

/** The delimiter that a line such as `sep=;` names; undefined if it is not such a line. */
export function delimiterLine(line: string): string | undefined {
  return DELIMITER_LINE.exec(withoutEnd(line))?.[1]
}

/** The layout of a file that begins with `line`. Throws an Error of one sentence if a required column is missing. */
export function layoutOf<R>(name: string, line: string, kind: Kind<R>, named?: string): Layout {
  for (const delimiter of named === undefined ? DELIMITERS : [named]) {
    const fields = fieldsOf(line, delimiter)
    if (fields === undefined) continue
    const found = fields.map((field) => columnOf(field, kind))
    if (kind.required.every((column) => found.includes(column))) {
      const twice = found.find((column, at) => kind.columns.includes(column) && found.indexOf(column) !== at)
      if (twice !== undefined) throw new Error(`${name} names the column ${twice} twice: remove one.`)
      const columns = found.flatMap((column, at) =>
        kind.columns.includes(column) ? [{ name: column, at }] : [],
      )
      return {
        delimiter,
        columns,
        width: fields.length,
        named: true,
        isExport: withoutEnd(line) === kind.exported,
      }
    }
    const columns = kind.unnamed?.(fields)
    if (columns !== undefined)
      return { delimiter, columns, width: Number.POSITIVE_INFINITY, named: false, isExport: false }
  }
  throw new Error(`${name} ${complaint(line, kind, named ?? ',')}`)
}

function complaint<R>(line: string, kind: Kind<R>, delimiter: string): string {
  const reads = `reads ${shortened(withoutEnd(line), 200)}`
  const fields = fieldsOf(line, delimiter)
  if (fields === undefined)
    return `has a first line with a broken quote: it must name the columns, each on that line, and ${reads}.`
  const found = fields.map((field) => columnOf(field, kind))
  const missing = kind.required.filter((column) => !found.includes(column))
  const hint = kind.hint?.(fields) ?? ''
  return `has no column ${missing.join(' and ')}: its first line must name its columns, separated by commas, and ${reads}.${hint}`
}

function columnOf<R>(field: string, kind: Kind<R>): string {
  const column = field.trim().toLowerCase()
  return kind.aliases?.[column] ?? column
}

function fieldsOf(line: string, delimiter: string): string[] | undefined {
  const record = csvRecord(delimiter, '\n')
  return record.read(line, true) === 'end' && record.fault === undefined ? record.fields : undefined
}
