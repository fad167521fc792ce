// Finds where the records of a CSV file begin and end among its lines; a line inside a quoted field is never a record.
import { bareFields, type CsvRecord, csvRecord, NOT_CLOSED, type RecordStatus } from './csv.ts'
import { type Readings, readings, type Verdict } from './csv-escapes.ts'
import type { LineEnds } from './head.ts'
import type { Layout } from './layout.ts'
import { type Line, MAX_BYTES, textOf } from './lines.ts'

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
  /** Its quotes are escaped by backslashes, or (`isOpen`) it cannot be known whether they are. */
  | { is: 'escaped'; isOpen: boolean }
  /** The record continues after the given lines. */
  | { is: 'more' }

export type Rows = {
  /** Reads the row at `lines[at]`, which has the number `line`; `last`: no more lines follow the given ones. */
  next(lines: Line[], at: number, line: number, last: boolean): Row
  /** The first line of a record that is too long and has not ended yet, and its number; `isEscaped`: only backslashes that escape quotes explain it. */
  readonly unended: { line: Line; number: number; isEscaped: boolean } | undefined
}

const TWO_WAYS =
  'a quote behind a backslash closes its field or belongs to the text, and both are possible: double every quote inside a quoted field, or write JSON lines'

// A record whose end was not read yet, or (`found`) whose reading is in doubt. `used` of its lines were read; they are passed in again
// together with the next ones.
type Open = {
  record: CsvRecord
  used: number
  characters: number
  flaw?: { line: number; reason: string }
  doubt?: Readings
  found?: Row
}

export function csvRows(
  { delimiter, isExport }: Pick<Layout, 'delimiter' | 'isExport'>,
  lineEnds: LineEnds,
): Rows {
  const lineBreak = lineEnds === 'lf' ? '\n' : ''
  let open: Open | undefined
  let long:
    | { record: CsvRecord; first: Line; from: number; status: RecordStatus; doubt: Readings | undefined }
    | undefined

  function quoted(lines: Line[], at: number, first: number, last: boolean): Row {
    open ??= { record: csvRecord(delimiter, lineBreak), used: 0, characters: 0 }
    const { record } = open
    while (at + open.used < lines.length) {
      const line = lines[at + open.used] as Line
      open.used += 1
      open.characters += textOf(line).length
      const isBehind = open.found !== undefined
      if (!isBehind) readLine(open, line, first)
      const verdict = open.doubt?.read(textOf(line), !isPiece(line), isBehind) ?? 'plain'
      const row = rowOf(open, verdict)
      if (row !== undefined) return done(row)
      if (isPiece(line) || open.characters > MAX_BYTES) {
        if (verdict === 'open' && !isExport) return done({ is: 'escaped', isOpen: true })
        if (open.found !== undefined) return done(open.found)
        record.discardText()
        long = {
          record,
          first: lines[at] as Line,
          from: first,
          status: 'open',
          doubt: isExport ? undefined : open.doubt,
        }
        return done({ is: 'part', used: open.used })
      }
    }
    if (!last) return { is: 'more' }
    const unclosed = { is: 'broken', fault: NOT_CLOSED, until: first + open.used - 1 } as const
    return done(rowOf(open, open.doubt?.end() ?? 'plain') ?? unclosed)
  }

  function readLine(of: Open, line: Line, first: number): void {
    const { record, used } = of
    const number = first + used - 1
    if (typeof line !== 'string') of.flaw ??= { line: number, reason: line.reason }
    const status = record.read(textOf(line), !isPiece(line))
    if (record.doubt !== undefined) of.doubt ??= readings(record.doubt, delimiter)
    if (status === 'broken') of.found = { is: 'broken', fault: record.fault as string, until: number }
    if (status !== 'end') return
    const fault = of.flaw === undefined ? record.fault : flawOf(of.flaw, first)
    of.found = { is: 'record', fields: record.fields, span: used, fault }
  }

  function rowOf({ found, used }: Open, verdict: Verdict): Row | undefined {
    if (verdict === 'escaped') return { is: 'escaped', isOpen: false }
    if (verdict === 'both' && !isExport) return { is: 'record', fields: [], span: used, fault: TWO_WAYS }
    return verdict === 'open' ? undefined : found
  }

  function done(row: Row): Row {
    open = undefined
    return row
  }

  return {
    get unended() {
      if (long === undefined) return undefined
      return { line: long.first, number: long.from, isEscaped: long.doubt?.end() === 'escaped' }
    },
    next(lines, at, number, last) {
      const line = lines[at] as Line
      if (long !== undefined) {
        const { record, from, status } = long
        // Once the record has ended, or is broken, the rest of the line is skipped with it.
        if (status === 'open') {
          long.status = record.read(textOf(line), !isPiece(line))
          if (record.doubt !== undefined && !isExport) long.doubt ??= readings(record.doubt, delimiter)
          const verdict = long.doubt?.read(textOf(line), !isPiece(line), false) ?? 'plain'
          if (verdict !== 'plain' && (verdict !== 'open' || long.status !== 'open'))
            return { is: 'escaped', isOpen: verdict !== 'escaped' }
        }
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

const isPiece = (line: Line): boolean => typeof line !== 'string' && line.isPiece === true

const flawOf = (flaw: { line: number; reason: string }, first: number): string =>
  flaw.line === first ? flaw.reason : flaw.reason.replace('the line', `line ${flaw.line}`)
