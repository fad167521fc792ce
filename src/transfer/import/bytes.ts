// Reads the bytes of a file or stdin, and gunzips them if they are gzip.
import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { pipeline, Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'

/** Called with the number of bytes read so far, before gunzip; the total is unknown for a pipe. */
export type Progress = (bytesRead: number, totalBytes: number | undefined) => void

const CHUNK_BYTES = 64 * 1024

/** The name of the file in messages. */
export function nameOf(path: string): string {
  return path === '-' ? 'stdin' : path
}

/** Whether a file cannot be read a second time, as stdin, pipes and devices. False for what cannot be read at all. */
export async function isReadOnce(path: string): Promise<boolean> {
  const found = path === '-' ? null : await stat(path).catch(() => undefined)
  return found === null || (found !== undefined && !found.isFile() && !found.isDirectory())
}

/** The bytes of `path` (`-` is stdin). Gzip is detected by its magic bytes. Throws an Error of one sentence if the file cannot be read. */
export async function* plainBytes(path: string, progress?: Progress): AsyncGenerator<Buffer> {
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
  } catch (error) {
    throw readFailure(nameOf(path), error)
  } finally {
    await stored.return(undefined)
  }
}

/** `head`, then `rest`. */
export async function* startingWith(head: Buffer, rest: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  if (head.length > 0) yield head
  yield* rest
}

async function* gunzipped(bytes: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const gunzip = createGunzip({ chunkSize: CHUNK_BYTES })
  // If either end fails, `gunzip` is destroyed with the error, and yield* throws it.
  pipeline(Readable.from(bytes, { objectMode: false }), gunzip, () => {})
  yield* gunzip
}

async function* storedBytes(path: string, progress: Progress | undefined): AsyncGenerator<Buffer> {
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
            ? 'is an incomplete gzip file: copy or download it again.'
            : code.startsWith('Z_')
              ? 'is a damaged gzip file: copy or download it again.'
              : `cannot be read (${error.message}): check the disk and the path.`
  return new Error(`${name} ${sentence}`, { cause: error })
}
