// Knows how lines make records, as CSV (RFC 4180) or JSON lines, and how to go on behind a broken one; knows no column's meaning.
import { type Block, type Line, type Listener, nameOf, type Raw, readLines } from './lines.ts'

/** The raw values of one record by column; an empty CSV cell is absent. */
export type Cells = Record<string, unknown>

/** What a kind of record needs: every column that is read, those without which a CSV file makes no sense, and the way from cells to a record. */
export type Kind<R> = {
  columns: readonly string[]
  required: readonly string[]
  /** Columns that hold ids: JSON numbers there are taken digit for digit. */
  ids: readonly string[]
  /** Pushes what is wrong to `faults`, each with how to mend it; the result counts only if it pushed nothing. */
  convert(cells: Cells, faults: string[]): R | undefined
}

type Taken<R> = { records: R[]; used: number }
/** Takes what it can of `lines`; `used` lines are done with, the others come again with what follows them. */
type Take<R> = (lines: Line[], first: number, last: boolean) => Taken<R>

const BATCH = 5_000
const RECORD_LINES = 1_000
const RECORD_CHARACTERS = 256 * 1024
const NOT_CLOSED = 'a quoted field is never closed: close it, and double every quote inside it'

/**
 * The good records of `path` (`-` is stdin) in arrays of up to 5,000; bad lines go to `on.bad` and cost nothing but themselves. JSON lines are
 * known by their first character. Throws an Error of one sentence where the file cannot be read or lacks a required column.
 */
export async function* readRecords<R extends object>(
  path: string,
  kind: Kind<R>,
  on: Listener,
): AsyncGenerator<R[]> {
  const name = nameOf(path)
  let take: Take<R> | undefined
  let waiting: Block = { first: 1, lines: [] }
  let batch: R[] = []

  function advance(last: boolean): void {
    const start = waiting.lines.find((line) => typeof line !== 'string' || line.trim() !== '')
    take ??= start === undefined ? undefined : takerFor(name, start, kind, on)
    const { records, used } = take?.(waiting.lines, waiting.first, last) ?? {
      records: [],
      used: waiting.lines.length,
    }
    waiting = { first: waiting.first + used, lines: waiting.lines.slice(used) }
    if (batch.length === 0) batch = records
    else for (const record of records) batch.push(record)
  }

  for await (const block of readLines(path, on.progress)) {
    waiting.lines = waiting.lines.length === 0 ? block.lines : waiting.lines.concat(block.lines)
    advance(false)
    while (batch.length >= BATCH) {
      yield batch.slice(0, BATCH)
      batch = batch.slice(BATCH)
    }
  }
  advance(true)
  for (let at = 0; at < batch.length; at += BATCH) yield batch.slice(at, at + BATCH)
}

function takerFor<R extends object>(name: string, start: Line, kind: Kind<R>, on: Listener): Take<R> {
  const sign = typeof start === 'string' ? start.trimStart()[0] : undefined
  if (sign === '[') throw new Error(`${name} is a JSON array: write JSON lines, one object a line.`)
  return sign === '{' ? jsonTaker(name, kind, on) : csvTaker(name, kind, on)
}

function csvTaker<R extends object>(name: string, kind: Kind<R>, on: Listener): Take<R> {
  let columns: { name: string; at: number }[] | undefined
  let width = 0

  function cellsOf(fields: string[]): Cells {
    const cells: Cells = {}
    for (const column of columns!) {
      const field = fields[column.at]
      if (field !== '') cells[column.name] = field
    }
    return cells
  }

  return function take(lines, first, last) {
    const records: R[] = []
    let at = 0
    while (at < lines.length) {
      const found = recordAt(lines, at, last)
      if (found === 'more') break
      if (found === 'blank') {
        at += 1
        continue
      }
      if (columns === undefined && 'fields' in found) {
        columns = header(name, found.fields, kind)
        width = found.fields.length
        on.header?.(lines.slice(at, at + found.span).join('\n'))
        at += found.span
        continue
      }
      const faults: string[] = []
      let record: R | undefined
      if ('reason' in found) faults.push(found.reason)
      else if (found.fields.length !== width)
        faults.push(`the line has ${found.fields.length} fields, the header ${width}: give it as many`)
      else record = kind.convert(cellsOf(found.fields), faults)
      if (faults.length === 0 && record !== undefined) {
        const start = at
        const span = 'span' in found ? found.span : 1
        on.found?.(record, first + at, () => lines.slice(start, start + span).join('\n'))
        records.push(record)
        at += span
        continue
      }
      on.bad({ file: name, line: first + at, reason: faults.join('; ') }, rawOf(lines[at]!))
      // However many lines a bad record spans: two broken quotes look like one field, and the rows between them may be good.
      at += 1
    }
    return { records, used: at }
  }
}

function rawOf(line: Line): Raw | undefined {
  return typeof line === 'string' ? line : line.bytes
}

function header<R>(name: string, fields: string[], kind: Kind<R>): { name: string; at: number }[] {
  const found = fields.map((field) => field.trim().toLowerCase())
  const missing = kind.required.filter((column) => !found.includes(column))
  if (missing.length > 0)
    throw new Error(
      `${name} has no column ${missing.join(' and ')}: its first line must name its columns, separated by commas, and reads ${fields.join(',').slice(0, 200)}.`,
    )
  const twice = found.find((column, at) => kind.columns.includes(column) && found.indexOf(column) !== at)
  if (twice !== undefined) throw new Error(`${name} names the column ${twice} twice: remove one.`)
  return found.flatMap((column, at) => (kind.columns.includes(column) ? [{ name: column, at }] : []))
}

/** The CSV record that starts at line `at`; `more` if it goes on behind the lines at hand. */
function recordAt(
  lines: Line[],
  at: number,
  last: boolean,
): { fields: string[]; span: number } | { reason: string } | 'more' | 'blank' {
  const start = lines[at]!
  if (typeof start !== 'string') return start
  if (!start.includes('"')) {
    const bare = withoutCr(start)
    return bare === '' ? 'blank' : { fields: bare.split(','), span: 1 }
  }
  const parts: string[] = []
  let characters = 0
  for (let n = at; n < lines.length; n += 1) {
    const line = lines[n]!
    if (typeof line !== 'string') return { reason: NOT_CLOSED }
    characters += line.length + 1
    if (n > at && (n - at >= RECORD_LINES || characters > RECORD_CHARACTERS)) return { reason: NOT_CLOSED }
    parts.push(line)
    // An open field can only close on a line with a quote: no need to look at the others.
    if (n > at && !line.includes('"')) continue
    const fields = splitRecord(withoutCr(parts.join('\n')))
    if (Array.isArray(fields)) return { fields, span: parts.length }
    if (fields !== 'open') return fields
  }
  return last ? { reason: NOT_CLOSED } : 'more'
}

function withoutCr(text: string): string {
  return text.endsWith('\r') ? text.slice(0, -1) : text
}

/** The fields of a record by the letter of RFC 4180; `open` where it ends inside a quoted field. */
function splitRecord(text: string): string[] | { reason: string } | 'open' {
  const fields: string[] = []
  for (let at = 0; ; ) {
    let field = ''
    if (text[at] === '"') {
      for (at += 1; ; at += 1) {
        const quote = text.indexOf('"', at)
        if (quote === -1) return 'open'
        field += text.slice(at, quote)
        at = quote + 1
        if (text[at] !== '"') break
        field += '"'
      }
      if (at < text.length && text[at] !== ',')
        return { reason: 'text stands behind a closing quote: double every quote inside a quoted field' }
    } else {
      const comma = text.indexOf(',', at)
      field = text.slice(at, comma === -1 ? text.length : comma)
      if (field.includes('"'))
        return { reason: 'a quote stands inside an unquoted field: quote the field and double the quote' }
      at += field.length
    }
    fields.push(field)
    if (at === text.length) return fields
    at += 1
  }
}

function jsonTaker<R extends object>(name: string, kind: Kind<R>, on: Listener): Take<R> {
  return function take(lines, first) {
    const records: R[] = []
    for (const [at, line] of lines.entries()) {
      if (typeof line === 'string' && line.trim() === '') continue
      const faults: string[] = []
      const cells = typeof line === 'string' ? parseObject(line, kind.ids) : line.reason
      const record = typeof cells === 'string' ? undefined : kind.convert(cells, faults)
      if (typeof cells === 'string') faults.push(cells)
      if (faults.length === 0 && record !== undefined) {
        on.found?.(record, first + at, () => String(rawOf(line)))
        records.push(record)
      } else on.bad({ file: name, line: first + at, reason: faults.join('; ') }, rawOf(line))
    }
    return { records, used: lines.length }
  }
}

/** The object of a JSON line, or why there is none. */
function parseObject(text: string, ids: readonly string[]): Cells | string {
  let value: unknown
  try {
    value = JSON.parse(text)
    if (ids.some((id) => isRounded((value as Cells | null)?.[id])))
      value = JSON.parse(withExactIds(text, ids))
  } catch (error) {
    return `the line is not JSON (${(error as Error).message}): write one object a line`
  }
  if (value === null || typeof value !== 'object' || Array.isArray(value))
    return 'the line is JSON but no object: write one object a line'
  return value as Cells
}

function isRounded(value: unknown): boolean {
  return typeof value === 'number' && !Number.isSafeInteger(value)
}

const JSON_TOKEN = /"([^"\\]*(?:\\.[^"\\]*)*)"(\s*:\s*(\d{16,})(?=\s*[,}]))?|[{}[\]]/g

/** `text`, which is valid JSON, with the long ids of its outermost object quoted, because JSON.parse would round them. */
function withExactIds(text: string, ids: readonly string[]): string {
  let depth = 0
  return text.replace(JSON_TOKEN, (token, key?: string, value?: string, digits?: string) => {
    if (token === '{' || token === '[') depth += 1
    if (token === '}' || token === ']') depth -= 1
    if (depth !== 1 || value === undefined || !ids.includes(key!)) return token
    return token.slice(0, token.length - digits!.length) + JSON.stringify(digits)
  })
}
