// Reads a file, CSV or JSON lines, as batches of records of some kind.

import { formatOf } from '../format.ts'
import { isReadOnce, nameOf } from './bytes.ts'
import { csvParser } from './csv-records.ts'
import { jsonParser } from './json-records.ts'
import type { Kind, RecordParser } from './kind.ts'
import { type Block, type Line, MAX_BYTES, type ReadListener, readLines } from './lines.ts'

const BATCH = 5_000

/**
 * The good records of `path` (`-` is stdin) in arrays of up to 5,000, fewer if they are long. Bad lines are reported to `on.bad` and
 * skipped. JSON lines are recognized by the first character. Throws an Error of one sentence if the file cannot be read, is empty
 * or lacks a required column.
 */
export async function* readRecords<R extends object>(
  path: string,
  kind: Kind<R>,
  on: ReadListener,
): AsyncGenerator<R[]> {
  const name = nameOf(path)
  let parser: RecordParser<R> | undefined
  for (let from = 1; ; ) {
    const reader = createReader(name, kind, on, parser)
    yield* reader.read(path, from)
    parser = reader.parser
    if (reader.unended === undefined) break
    // A quote was never closed, so the lines after it are probably records: they are read once more.
    if (await isReadOnce(path))
      throw new Error(
        `${name}:${reader.unended}: a quoted field is never closed: close it. The file after line ${reader.unended} was not read, because that part is longer than ${MAX_BYTES} bytes and cannot be read a second time.`,
      )
    parser?.restartAfter(reader.unended)
    from = reader.unended + 1
  }
  if (parser === undefined && kind.unnamed === undefined && formatOf(path) === 'csv')
    throw new Error(`${name} is empty: a CSV file begins with a line that names its columns.`)
}

function createReader<R extends object>(
  name: string,
  kind: Kind<R>,
  on: ReadListener,
  previous: RecordParser<R> | undefined,
) {
  let parser = previous
  let waiting: Line[] = []
  let first = 1
  let unended: number | undefined
  let batch: R[] = []
  let characters = 0

  function advance(lineEnds: Block['lineEnds'], last: boolean): void {
    const start = waiting.find((line) => typeof line !== 'string' || line.trim() !== '')
    parser ??= start === undefined ? undefined : parserFor(name, start, kind, on, lineEnds)
    const parsed = parser?.parse(waiting, first, last) ?? { records: [], used: waiting.length }
    if (last) unended = parsed.unended
    first += parsed.used
    if (parsed.used > 0) waiting = waiting.slice(parsed.used)
    if (batch.length === 0) batch = parsed.records
    else for (const record of parsed.records) batch.push(record)
  }

  async function* read(path: string, from: number): AsyncGenerator<R[]> {
    let lineEnds: Block['lineEnds'] = 'lf'
    for await (const block of readLines(path, on.progress)) {
      lineEnds = block.lineEnds
      const lines = block.first < from ? block.lines.slice(from - block.first) : block.lines
      if (lines.length === 0) continue
      if (waiting.length === 0) {
        waiting = lines
        first = Math.max(block.first, from)
      } else for (const line of lines) waiting.push(line)
      for (const line of lines) characters += typeof line === 'string' ? line.length : 0
      advance(lineEnds, false)
      while (batch.length >= BATCH || (characters > MAX_BYTES && batch.length > 0)) {
        yield batch.slice(0, BATCH)
        batch = batch.slice(BATCH)
        characters = 0
      }
    }
    advance(lineEnds, true)
    for (let at = 0; at < batch.length; at += BATCH) yield batch.slice(at, at + BATCH)
  }

  return {
    read,
    get parser() {
      return parser
    },
    get unended() {
      return unended
    },
  }
}

function parserFor<R extends object>(
  name: string,
  start: Line,
  kind: Kind<R>,
  on: ReadListener,
  lineEnds: Block['lineEnds'],
): RecordParser<R> {
  // A first line that cannot be read is a bad line like any other, and shows which format the others have.
  const text = (typeof start === 'object' ? start.text : (start ?? '')).trim()
  if (text.startsWith('[')) throw new Error(`${name} is a JSON array: write JSON lines, one object a line.`)
  if (text === '{')
    throw new Error(`${name} is JSON over several lines: write JSON lines, one object a line.`)
  return text.startsWith('{') ? jsonParser(name, kind, on) : csvParser(name, kind, on, lineEnds)
}
