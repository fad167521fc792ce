// Knows how to turn a file or stdin, gzip or not, into physical lines of UTF-8; knows nothing of what stands in them.
import { isUtf8 } from 'node:buffer'
import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { pipeline, Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'

/** A line that did not go in: the file as the caller named it, the physical line (from 1), what is wrong and how to mend it. */
export type Bad = { file: string; line: number; reason: string }

/** Whoever reads a file hears of its bad lines, and of the bytes read so far (as stored; the total is unknown for a pipe). `bad` may throw to stop. */
export type Listener = {
  /** `raw` is the line as it stands in the file, without its line feed; absent where it is too long to keep. */
  bad(bad: Bad, raw?: Raw): void
  /** Told of each good record's line before the record is handed over; `raw` gives its text as it stands in the file. */
  found?(record: object, line: number, raw: () => string): void
  /** Told of the first line of a CSV file. */
  header?(raw: string): void
  progress?(bytesRead: number, totalBytes: number | undefined): void
}

/** A line as it stands in a file: its text, or its bytes where they are no text. */
export type Raw = string | Buffer

/** A line without its `\n` (a `\r` before it stays), or why there is no text. */
export type Line = string | { reason: string; bytes?: Buffer }

/** Consecutive lines; `first` is the number of the first of them. */
export type Block = { first: number; lines: Line[] }

const CHUNK_BYTES = 64 * 1024
const LINE_BYTES = 1024 * 1024
const LF = 10

/**
 * The lines of `path` (`-` is stdin), block by block, a byte order mark removed. Gzip is known by its magic bytes. A line that is not UTF-8, or
 * longer than 1 MiB, comes as its reason. Throws an Error of one sentence where the file cannot be read.
 */
export async function* readLines(path: string, progress?: Listener['progress']): AsyncGenerator<Block> {
  const name = nameOf(path)
  let carried: Buffer[] = []
  let carriedBytes = 0
  let tooLong = false
  let first = 1

  function block(bytes: Buffer): Block {
    if (first === 1) refuseUtf16(name, bytes)
    const lines: Line[] = tooLong
      ? [{ reason: `the line is longer than ${LINE_BYTES} bytes: shorten it` }]
      : []
    decode(tooLong ? bytes.subarray(bytes.indexOf(LF) + 1) : bytes, lines)
    const top = lines[0]
    if (first === 1 && typeof top === 'string' && top.startsWith('\uFEFF')) lines[0] = top.slice(1)
    const made = { first, lines }
    first += lines.length
    tooLong = false
    return made
  }

  try {
    for await (const chunk of plainBytes(path, progress)) {
      const end = chunk.lastIndexOf(LF) + 1
      if (end > 0) {
        yield block(Buffer.concat([...carried, chunk.subarray(0, end)]))
        carried = []
        carriedBytes = 0
      }
      if (end === chunk.length) continue
      carriedBytes += chunk.length - end
      if (carriedBytes > LINE_BYTES) tooLong = true
      if (tooLong) carried = []
      else carried.push(chunk.subarray(end))
    }
  } catch (error) {
    throw readFailure(name, error)
  }
  if (carriedBytes > 0) yield block(Buffer.concat([...carried, Buffer.of(LF)]))
}

/** How messages call the file. */
export function nameOf(path: string): string {
  return path === '-' ? 'stdin' : path
}

/** `bytes` ends in a line feed, or is empty. */
function decode(bytes: Buffer, into: Line[]): void {
  if (bytes.length === 0) return
  if (isUtf8(bytes)) {
    const texts = bytes.toString('utf8').split('\n')
    texts.pop()
    if (into.length === 0 && texts.length < 32_768) into.push(...texts)
    else for (const text of texts) into.push(text)
    return
  }
  for (let at = 0; at < bytes.length; ) {
    const end = bytes.indexOf(LF, at)
    const line = bytes.subarray(at, end)
    into.push(
      isUtf8(line)
        ? line.toString('utf8')
        : { reason: 'the line is not UTF-8: save the file as UTF-8', bytes: line },
    )
    at = end + 1
  }
}

async function* plainBytes(path: string, progress: Listener['progress']): AsyncGenerator<Buffer> {
  const stored = storedBytes(path, progress)
  try {
    let head: Buffer = Buffer.alloc(0)
    while (head.length < 2) {
      const next = await stored.next()
      if (next.done) break
      head = Buffer.concat([head, next.value])
    }
    const whole = startingWith(head, stored)
    yield* head[0] === 0x1f && head[1] === 0x8b ? gunzipped(whole) : whole
  } finally {
    await stored.return(undefined)
  }
}

async function* startingWith(head: Buffer, rest: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  if (head.length > 0) yield head
  yield* rest
}

async function* gunzipped(bytes: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const gunzip = createGunzip({ chunkSize: CHUNK_BYTES })
  // A failure of either end destroys `gunzip` with that error, so the loop below throws it.
  pipeline(Readable.from(bytes, { objectMode: false }), gunzip, () => {})
  yield* gunzip
}

async function* storedBytes(path: string, progress: Listener['progress']): AsyncGenerator<Buffer> {
  const found = path === '-' ? undefined : await stat(path)
  const total = found?.isFile() ? found.size : undefined
  const stream = path === '-' ? process.stdin : createReadStream(path, { highWaterMark: CHUNK_BYTES })
  let read = 0
  for await (const chunk of stream) {
    const bytes = chunk as Buffer
    read += bytes.length
    progress?.(read, total)
    yield bytes
  }
}

function refuseUtf16(name: string, bytes: Buffer): void {
  const mark = bytes.length > 1 ? bytes.readUInt16BE(0) : 0
  if (mark === 0xfffe || mark === 0xfeff) throw new Error(`${name} is UTF-16: save it as UTF-8.`)
}

function readFailure(name: string, error: unknown): Error {
  if (!(error instanceof Error)) return new Error(`${name} cannot be read.`, { cause: error })
  const code = 'code' in error ? String(error.code) : undefined
  if (code === undefined) return error
  const sentence =
    code === 'ENOENT'
      ? 'does not exist: check the path.'
      : code === 'EISDIR'
        ? 'is a directory: name a file.'
        : code === 'EACCES'
          ? 'may not be read by this user: change its permissions.'
          : code === 'Z_BUF_ERROR'
            ? 'is a gzip file that breaks off: copy or download it again.'
            : code.startsWith('Z_')
              ? 'is a damaged gzip file: copy or download it again.'
              : `cannot be read (${error.message}): check the disk and the path.`
  return new Error(`${name} ${sentence}`, { cause: error })
}
