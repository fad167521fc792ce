// Splits a file or stdin, gzipped or not, into lines of UTF-8, in blocks.
import { isUtf8 } from 'node:buffer'
import { nameOf, type Progress, plainBytes } from './bytes.ts'
import { hasLine, judgeHead, type LineEnds } from './head.ts'

/** A line that was not imported: the file as the caller named it, the line number (from 1), and what is wrong and how to fix it. */
export type Bad = { file: string; line: number; reason: string }

/** Callbacks during the reading of a file. `bad` may throw to stop. */
export type ReadListener = {
  /** Called for each bad line. `raw` is the record's text in the file, without its last line feed; absent if it is too long to keep. */
  bad(bad: Bad, raw?: Raw): void
  /** Called with the line of each good record before the record is yielded; `raw` returns its text in the file. */
  found?(record: object, line: number, raw: () => string): void
  /** Called with the header of a CSV file. */
  header?(raw: string): void
  progress?: Progress
}

/** The unchanged text of a file, or its bytes if they are not valid text. */
export type Raw = string | Buffer

/**
 * A line that is not UTF-8, or a piece of a line that is too long (`isPiece`: the line continues in the next block). `text` is its bytes
 * as Latin-1, so that quotes and commas can be found in it.
 */
export type Flawed = { reason: string; text: string; bytes?: Buffer; isPiece?: true }

/** A line: without its line feed if lines end with `\n` (a `\r` before it stays), with its line end if they end with `\r`. */
export type Line = string | Flawed

/** Consecutive lines; `first` is the number of the first. A piece is always the last of its block, and the next block begins with the same number. */
export type Block = { first: number; lines: Line[]; lineEnds: LineEnds }

/** The limit for a line and for a record. The largest user that the API stores takes five million bytes, escaped and quoted. */
export const MAX_BYTES = 8 * 1024 * 1024

const HEAD_BYTES = 64 * 1024
const [LF, CR] = [10, 13]
const NOT_UTF8 = 'the line is not UTF-8: save the file as UTF-8'
const TOO_LONG = `the line is longer than ${MAX_BYTES} bytes: shorten it`
const BYTE_ORDER_MARK = Buffer.from('\uFEFF')

/**
 * The lines of `path` (`-` is stdin) in blocks, without a byte order mark. A line longer than 8 MiB is yielded in pieces.
 * Throws an Error of one sentence if the file cannot be read or is not text.
 */
export async function* readLines(path: string, progress?: Progress): AsyncGenerator<Block> {
  const chunks = plainBytes(path, progress)
  try {
    const { head, whole } = await headOf(chunks)
    const hasMark = head.subarray(0, BYTE_ORDER_MARK.length).equals(BYTE_ORDER_MARK)
    const start = hasMark ? head.subarray(BYTE_ORDER_MARK.length) : head
    yield* blocks(start, chunks, judgeHead(nameOf(path), start, whole))
  } finally {
    await chunks.return(undefined)
  }
}

async function headOf(chunks: AsyncGenerator<Buffer>): Promise<{ head: Buffer; whole: boolean }> {
  let head: Buffer = Buffer.alloc(0)
  while (head.length < HEAD_BYTES || (head.length < MAX_BYTES && !hasLine(head))) {
    const next = await chunks.next()
    if (next.done) return { head, whole: true }
    head = Buffer.concat([head, next.value])
  }
  return { head, whole: false }
}

async function* blocks(
  start: Buffer,
  rest: AsyncGenerator<Buffer>,
  lineEnds: LineEnds,
): AsyncGenerator<Block> {
  let carried: Buffer[] = []
  let carriedBytes = 0
  let first = 1
  // Pieces of the current line were yielded.
  let tooLong = false

  function whole(bytes: Buffer): Block {
    const lines = decode(bytes, lineEnds)
    const top = lines[0]
    if (tooLong) lines[0] = { reason: TOO_LONG, text: latin1(top) }
    const made = { first, lines, lineEnds }
    first += lines.length
    tooLong = false
    return made
  }

  for (let next: IteratorResult<Buffer> = { value: start }; next.done !== true; next = await rest.next()) {
    const chunk = next.value
    const end = endOf(chunk, lineEnds)
    if (end > 0) {
      yield whole(Buffer.concat([...carried, chunk.subarray(0, end)]))
      carried = []
      carriedBytes = 0
    }
    if (end === chunk.length) continue
    carried.push(chunk.subarray(end))
    carriedBytes += chunk.length - end
    if (carriedBytes <= MAX_BYTES && !tooLong) continue
    const piece = Buffer.concat(carried)
    // A `\r` at the end is kept back: the line feed that belongs to it may follow.
    const held = lineEnds === 'cr' && piece.at(-1) === CR ? 1 : 0
    const text = piece.toString('latin1', 0, piece.length - held)
    tooLong = true
    carried = held === 0 ? [] : [piece.subarray(-1)]
    carriedBytes = held
    yield { first, lines: [{ reason: TOO_LONG, text, isPiece: true }], lineEnds }
  }
  if (carriedBytes > 0) yield whole(Buffer.concat(carried))
  else if (tooLong) yield { first, lines: [{ reason: TOO_LONG, text: '' }], lineEnds }
}

// The index after the last line end. A `\r` at the end of the chunk does not count: a `\n` may follow.
function endOf(chunk: Buffer, lineEnds: LineEnds): number {
  const lf = chunk.lastIndexOf(LF) + 1
  if (lineEnds === 'lf') return lf
  return Math.max(lf, chunk.subarray(0, -1).lastIndexOf(CR) + 1)
}

/** The text of a line; of a flawed one its bytes as Latin-1. */
export const textOf = (line: Line): string => (typeof line === 'string' ? line : line.text)

const latin1 = (line: Line | undefined): string =>
  typeof line === 'object' ? line.text : Buffer.from(line ?? '').toString('latin1')

function decode(bytes: Buffer, lineEnds: LineEnds): Line[] {
  if (isUtf8(bytes)) return split(bytes.toString('utf8'), lineEnds)
  return split(bytes.toString('latin1'), lineEnds).map((text) => {
    const line = Buffer.from(text, 'latin1')
    return isUtf8(line) ? line.toString('utf8') : { reason: NOT_UTF8, text, bytes: line }
  })
}

function split(text: string, lineEnds: LineEnds): string[] {
  if (lineEnds === 'cr') return text.match(/[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+/g) ?? []
  const lines = text.split('\n')
  if (lines.at(-1) === '') lines.pop()
  return lines
}
