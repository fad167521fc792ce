// Finds where the records of a CSV file begin and end among its lines; a line inside a quoted field is never a record.
import { bareFields, type CsvRecord, csvRecord, NOT_CLOSED, type RecordStatus } from './csv.ts'
import type { LineEnds } from './head.ts'
import { type Line, MAX_BYTES } from './lines.ts'

/** What was found at a line. */
export type Row =
  /** A record of `span` lines; it is refused if it has a fault. */
  | { is: 'record'; fields: string[]; span: number; fault: string | undefined }
  /** A line whose quoting turns out to be broken in line `until`, so that the end of its record is unknown: only this line is skipped. */
  | { is: 'broken'; fault: string; until: number }
  /** The last line of a record that began in line `from` and is too long. */
  | { is: 'long'; from: number }
  /** `used` lines, or a piece of a line, of a record that is too long and continues. */
  | { is: 'part'; used: number }
  /** The record continues after the given lines. */
  | { is: 'more' }

export type Rows = {
  /** Reads the row at `lines[at]`, which has the number `line`; `last`: no more lines follow the given ones. */
  next(lines: Line[], at: number, line: number, last: boolean): Row
  /** The first line of a record that is too long and has not ended yet, and its number. */
  readonly unended: { line: Line; number: number } | undefined
}

// A record whose end was not read yet. `used` of its lines were read; they are passed in again together with the next ones.
type Open = { record: CsvRecord; used: number; characters: number; flaw?: { line: number; reason: string } }

export function csvRows(delimiter: string, lineEnds: LineEnds): Rows {
  const lineBreak = lineEnds === 'lf' ? '\n' : ''
  let open: Open | undefined
  let long: { record: CsvRecord; first: Line; from: number; status: RecordStatus } | undefined

  function quoted(lines: Line[], at: number, first: number, last: boolean): Row {
    open ??= { record: csvRecord(delimiter, lineBreak), used: 0, characters: 0 }
    const { record } = open
    while (at + open.used < lines.length) {
      const line = lines[at + open.used] as Line
      const number = first + open.used
      open.used += 1
      open.characters += textOf(line).length
      if (typeof line !== 'string') open.flaw ??= { line: number, reason: line.reason }
      const status = record.read(textOf(line), !isPiece(line))
      if (status === 'broken') return done({ is: 'broken', fault: record.fault as string, until: number })
      if (status === 'end') {
        const fault = open.flaw === undefined ? record.fault : flawOf(open.flaw, first)
        return done({ is: 'record', fields: record.fields, span: open.used, fault })
      }
      if (isPiece(line) || open.characters > MAX_BYTES) {
        record.discardText()
        long = { record, first: lines[at] as Line, from: first, status: 'open' }
        return done({ is: 'part', used: open.used })
      }
    }
    return last ? done({ is: 'broken', fault: NOT_CLOSED, until: first + open.used - 1 }) : { is: 'more' }
  }

  function done(row: Row): Row {
    open = undefined
    return row
  }

  return {
    get unended() {
      return long === undefined ? undefined : { line: long.first, number: long.from }
    },
    next(lines, at, number, last) {
      const line = lines[at] as Line
      if (long !== undefined) {
        const { record, from, status } = long
        // Once the record has ended, or is broken, the rest of the line is skipped with it.
        if (status === 'open') long.status = record.read(textOf(line), !isPiece(line))
        if (long.status === 'open' || isPiece(line)) return { is: 'part', used: 1 }
        long = undefined
        return { is: 'long', from }
      }
      if (open !== undefined || typeof line !== 'string' || line.includes('"'))
        return quoted(lines, at, number, last)
      const { fields, fault } = bareFields(line, delimiter)
      return { is: 'record', fields, span: 1, fault }
    },
  }
}

const textOf = (line: Line): string => (typeof line === 'string' ? line : line.text)

const isPiece = (line: Line): boolean => typeof line !== 'string' && line.isPiece === true

const flawOf = (flaw: { line: number; reason: string }, first: number): string =>
  flaw.line === first ? flaw.reason : flaw.reason.replace('the line', `line ${flaw.line}`)
