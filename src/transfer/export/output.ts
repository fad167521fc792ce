// Writes a file so that it appears complete or not at all.
import { createWriteStream } from 'node:fs'
import { realpath, rename, rm, stat } from 'node:fs/promises'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'

// File name extensions of formats that export does not write; `.json` means one JSON value, not JSON lines.
const OTHER_FORMATS =
  /\.(json|geojson|tsv|tab|xlsx?|ods|zip|tar|tgz|bz2|xz|zst|7z|parquet|graphml|gexf|xml|ya?ml|sql|db|sqlite3?)(\.gz)?$/i

/** Why a file of this name cannot be exported, as a sentence; undefined if it can. */
export function refusalOf(path: string): string | undefined {
  const other = OTHER_FORMATS.exec(path)?.[1]?.toLowerCase()
  if (other === undefined) return undefined
  const remedy = other === 'json' ? 'for JSON lines end the name in .jsonl' : 'end the name in .csv or .jsonl'
  const graph = ['graphml', 'gexf', 'parquet'].includes(other)
    ? ' --graph writes the whole graph in that format.'
    : ''
  return `${path} would not have the format of its name: ${remedy}, with .gz behind it for gzip.${graph}`
}

/** A CSV field, quoted only if necessary; an unquoted `\N` would be empty. */
export function csvField(value: string): string {
  return /[",\r\n]|^\\N$/.test(value) ? `"${value.replaceAll('"', '""')}"` : value
}

/**
 * Writes `pieces` to `path` (`-` is stdout), gzipped if the name ends in `.gz`, with backpressure. The file is written under a
 * temporary name and renamed when complete; after a failure the temporary file is removed, and an older file stays as it was.
 * Throws an Error of one sentence.
 */
export async function writeWhole(path: string, pieces: AsyncIterable<string | Uint8Array>): Promise<void> {
  if (path === '-') return pipeline(Readable.from(pieces), process.stdout, { end: false })
  const target = await realpath(path).catch(() => path)
  const existing = await stat(target).catch(() => undefined)
  if (existing?.isDirectory()) throw new Error(`${path} is a directory: name a file.`)
  // A device or a named pipe is written to, not replaced.
  const inPlace = existing !== undefined && !existing.isFile()
  const written = inPlace ? target : `${target}.${process.pid}.part`
  const file = createWriteStream(written, { flush: !inPlace, mode: (existing?.mode ?? 0o666) & 0o777 })
  try {
    if (/\.gz$/i.test(path)) await pipeline(Readable.from(pieces), createGzip({ level: 6 }), file)
    else await pipeline(Readable.from(pieces), file)
    if (!inPlace) await rename(written, target)
  } catch (error) {
    if (!inPlace) await rm(written, { force: true })
    throw writeFailure(path, error)
  }
}

function writeFailure(path: string, error: unknown): unknown {
  if (!(error instanceof Error) || !('code' in error) || !('syscall' in error)) return error
  const sentence =
    error.code === 'ENOENT'
      ? 'is in a directory that does not exist: create it first.'
      : error.code === 'ENOSPC'
        ? 'does not fit on the disk: make room.'
        : `cannot be written (${error.message}): choose another place.`
  return new Error(`${path} ${sentence}`, { cause: error })
}
