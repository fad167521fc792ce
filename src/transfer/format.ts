// Chooses the format of a transfer file, CSV or JSON lines, by its name.

/** JSON lines if the name ends in `.jsonl` or `.ndjson`, with or without `.gz`; otherwise CSV. */
type Format = 'csv' | 'json lines'

export function formatOf(path: string): Format {
  return /\.(jsonl|ndjson)(\.gz)?$/i.test(path) ? 'json lines' : 'csv'
}
