// Parses the lines of a CSV file into records, and reports the lines that are not records.
import { NOT_CLOSED, withoutEnd } from './csv.ts'
import { csvRows, type Row, type Rows } from './csv-rows.ts'
import { BREAK_OR_TEXT, endsEscaped, holdsRows, linesBehind, QUOTES_AS_TEXT } from './csv-unquoted.ts'
import type { LineEnds } from './head.ts'
import type { Cells, Kind, Parsed, RecordParser } from './kind.ts'
import { delimiterLine, type Layout, layoutOf } from './layout.ts'
import { type Line, MAX_BYTES, type Raw, type ReadListener } from './lines.ts'

type Found = Extract<Row, { is: 'record' }>
type Header = { layout: Layout; rows: Rows }

export function csvParser<R extends object>(
  name: string,
  kind: Kind<R>,
  on: ReadListener,
  lineEnds: LineEnds,
): RecordParser<R> {
  // The delimiter that a line `sep=;` names.
  let namedDelimiter: string | undefined
  let namedBy = ''
  let header: Header | undefined
  // After a broken quote the lines up to this one may be parts of a text: only those with all fields count as records.
  let doubtfulUntil = 0
  // The lines up to this one may be text behind a backslash.
  let escapedUntil = 0

  /** Reads a line at the beginning of the file; returns 1 if it is not a record, 0 if it is the first record. */
  function begin(line: Line, number: number): number {
    if (typeof line !== 'string') throw new Error(`${name}:${number}: ${line.reason}.`)
    if (/^[\s,;|"]*$/.test(line)) return 1
    if (namedDelimiter === undefined) {
      namedDelimiter = delimiterLine(line)
      if (namedDelimiter !== undefined) {
        namedBy = line + (lineEnds === 'lf' ? '\n' : '')
        return 1
      }
    }
    const layout = layoutOf(name, line, kind, namedDelimiter)
    header = { layout, rows: csvRows(layout, lineEnds) }
    if (!layout.named) return 0
    on.header?.(namedBy + line)
    return 1
  }

  function convert({ layout }: Header, row: Found, line: number, faults: string[]): R | undefined {
    const { width, columns } = layout
    const { fields } = row
    // A field more may also come from a delimiter that a backslash escapes.
    const more =
      fields.length > width &&
      (fields.slice(width).some((field) => field.trim() !== '') || fields.some(endsEscaped))
    if (more || (fields.length < width && line <= doubtfulUntil && layout.named))
      faults.push(`the line has ${fields.length} fields, the header ${width}: give it as many`)
    if (faults.length > 0) return undefined
    const cells: Cells = {}
    for (const column of columns) {
      const field = fields[column.at]
      if (field !== undefined && field !== '') cells[column.name] = field
    }
    return kind.convert(cells, faults)
  }

  function parse(lines: Line[], first: number, last: boolean): Parsed<R> {
    const records: R[] = []
    let at = 0
    const report = (line: number, reason: string, raw?: Raw) => on.bad({ file: name, line, reason }, raw)
    const raw = (span: number) => rawOf(lines.slice(at, at + span), lineEnds)

    // Notes which lines may belong to the record at `at`, behind a backslash; false if more lines are needed to tell.
    function noteEscaped({ layout }: Header, row: Row): boolean {
      if (row.is !== 'record' && row.is !== 'broken') return true
      const end = row.is === 'record' ? at + row.span - 1 : at
      if (first + end <= escapedUntil) return true
      const text = lines[end] as Line
      if (typeof text !== 'string' || !endsEscaped(withoutEnd(text))) return true
      const fields = row.is === 'record' ? row.fields.join(layout.delimiter) : withoutEnd(text)
      const behind = linesBehind(fields, lines, end + 1, last, layout)
      if (behind) escapedUntil = first + end + behind
      return behind !== undefined
    }

    function faultOf({ layout }: Header, { fields, span, fault }: Found): string | undefined {
      if (fault !== undefined) return fault
      if (first + at <= escapedUntil) return BREAK_OR_TEXT
      if (span === 1 && fields.length >= layout.width) return undefined
      const isDoubtful = holdsRows(() => lines.slice(at, at + span), fields.length, layout, kind)
      return isDoubtful ? QUOTES_AS_TEXT : undefined
    }

    function addRecord(of: Header, row: Found): void {
      const { fields, span } = row
      const line = first + at
      const fault = faultOf(of, row)
      const faults = fault === undefined ? [] : [fault]
      if (fault === undefined && fields.every((field) => field.trim() === '')) return
      const record = convert(of, row, line, faults)
      if (faults.length === 0 && record !== undefined) {
        on.found?.(record, line, () => String(raw(span)))
        records.push(record)
        return
      }
      const until = span === 1 ? '' : ` (the record ends in line ${line + span - 1})`
      report(line, faults.join('; ') + until, raw(span))
    }

    while (at < lines.length) {
      if (header === undefined) {
        at += begin(lines[at] as Line, first + at)
        continue
      }
      const line = first + at
      const row = header.rows.next(lines, at, line, last)
      if (row.is === 'more' || !noteEscaped(header, row)) break
      if (row.is === 'escaped') throw new Error(`${name}:${line}: ${row.isOpen ? OPEN : ESCAPED}`)
      if (row.is === 'record') addRecord(header, row)
      else if (row.is === 'broken') {
        report(line, row.fault + alone(line, row.until), raw(1))
        doubtfulUntil = Math.max(doubtfulUntil, row.until)
      } else if (row.is === 'long') report(row.from, tooLong(row.from, line))
      at += row.is === 'record' ? row.span : row.is === 'part' ? row.used : 1
    }
    if (last && header?.rows.unended?.isEscaped)
      throw new Error(`${name}:${header.rows.unended.number}: ${ESCAPED}`)
    return { records, used: at, ...(last && header !== undefined ? unended(header.rows) : {}) }
  }

  return {
    parse,
    restartAfter(line) {
      const { layout, rows } = header as Header
      const first = rows.unended?.line
      header = { layout, rows: csvRows(layout, lineEnds) }
      doubtfulUntil = Number.POSITIVE_INFINITY
      const raw = first === undefined ? undefined : rawOf([first], lineEnds)
      on.bad({ file: name, line, reason: NOT_CLOSED + alone(line, line + 1) }, raw)
    },
  }
}

const REMEDY = 'Export the file with doubled quotes (""), or as JSON lines.'
const ESCAPED = `quotes inside quotes are escaped by backslashes, as MySQL, Spark, Python and PHP may write them. ${REMEDY}`
const OPEN = `it cannot be known whether the quote behind a backslash closes its field, even after ${MAX_BYTES} more bytes. ${REMEDY}`

const unended = ({ unended }: Rows): { unended: number } | object =>
  unended === undefined ? {} : { unended: unended.number }

const alone = (line: number, until: number): string =>
  until === line ? '' : `; line ${line} alone is left out, and reading goes on with line ${line + 1}`

const tooLong = (from: number, until: number): string =>
  from === until
    ? `the line is longer than ${MAX_BYTES} bytes: shorten it`
    : `the record is longer than ${MAX_BYTES} bytes: shorten it, or close its quotes; lines ${from} to ${until} are left out`

function rawOf(lines: Line[], lineEnds: LineEnds): Raw | undefined {
  const lineBreak = lineEnds === 'lf' ? '\n' : ''
  if (lines.every((line) => typeof line === 'string')) return lines.join(lineBreak)
  const parts = lines.map((line) => (typeof line === 'string' ? Buffer.from(line) : line.bytes))
  if (parts.some((part) => part === undefined)) return undefined
  return Buffer.concat(
    (parts as Buffer[]).flatMap((part, n) => (n === 0 ? [part] : [Buffer.from(lineBreak), part])),
  )
}
