// Knows how to write a transfer file so that it is there whole or not at all; knows nothing of what stands in it.
import { createWriteStream } from 'node:fs'
import { realpath, rename, rm, stat } from 'node:fs/promises'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'

/** The two formats; a name that ends in `.jsonl` or `.ndjson`, `.gz` behind it or not, asks for JSON lines. */
export type Format = 'csv' | 'json lines'

/** The format that the name of a file asks for. */
export function formatOf(path: string): Format {
  return /\.(jsonl|ndjson)(\.gz)?$/i.test(path) ? 'json lines' : 'csv'
}

/** A CSV field, quoted only where it must be. */
export function csvField(value: string): string {
  return /[",\r\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value
}

/**
 * Writes `pieces` to `path` (`-` is stdout), gzipped where the name ends in `.gz`, pulling no faster than the disk takes them. The file is written
 * beside its place and renamed when whole; on failure nothing is left and what stood there stays. Throws an Error of one sentence.
 */
export async function writeWhole(path: string, pieces: AsyncIterable<string>): Promise<void> {
  if (path === '-') return pipeline(Readable.from(pieces), process.stdout, { end: false })
  const place = await realpath(path).catch(() => path)
  const there = await stat(place).catch(() => undefined)
  if (there?.isDirectory()) throw new Error(`${path} is a directory: name a file.`)
  // A device or a named pipe is written to, not replaced.
  const inPlace = there !== undefined && !there.isFile()
  const aside = inPlace ? place : `${place}.${process.pid}.part`
  const file = createWriteStream(aside, { flush: !inPlace, mode: (there?.mode ?? 0o666) & 0o777 })
  try {
    if (/\.gz$/i.test(path)) await pipeline(Readable.from(pieces), createGzip({ level: 6 }), file)
    else await pipeline(Readable.from(pieces), file)
    if (!inPlace) await rename(aside, place)
  } catch (error) {
    if (!inPlace) await rm(aside, { force: true })
    throw writeFailure(path, error)
  }
}

function writeFailure(path: string, error: unknown): unknown {
  if (!(error instanceof Error) || !('code' in error) || !('syscall' in error)) return error
  const sentence =
    error.code === 'ENOENT'
      ? 'has no directory to stand in: create it first.'
      : error.code === 'ENOSPC'
        ? 'does not fit on the disk: make room.'
        : `cannot be written (${error.message}): choose another place.`
  return new Error(`${path} ${sentence}`, { cause: error })
}
