// Remembers the line of each record in its file, so that a record that the graph refuses can be reported.
import type { ReadListener } from './lines.ts'
import type { BulkOptions, ImportOptions } from './options.ts'

/** The line of a record, with its text if a file of rejects is written. */
type Position = number | { line: number; raw: string }

// Stored on the record itself: a WeakMap took a third of the time of reading.
const POSITION = Symbol('position')
type Positioned = { [POSITION]?: Position }

/** Gives a record the position of the record that it was made from. */
export function copyPosition(made: object, record: object): void {
  const position = (record as Positioned)[POSITION]
  if (position !== undefined) (made as Positioned)[POSITION] = position
}

/**
 * Creates the callbacks for reading one file. `found` stores each record's position on the record; with `keep` also the text of its
 * line, for a file of rejects.
 */
export function createListener(
  bad: ImportOptions['bad'],
  progress?: ReadListener['progress'],
  keep = false,
  header?: ReadListener['header'],
): ReadListener {
  const listener: ReadListener = {
    bad,
    found(record, line, raw) {
      ;(record as Positioned)[POSITION] = keep ? { line, raw: raw() } : line
    },
  }
  if (progress !== undefined) listener.progress = progress
  if (header !== undefined) listener.header = header
  return listener
}

/** Reports a record that the graph refuses as a bad line. */
export function refuse(options: BulkOptions, file: string, record: object, reason: string): void {
  const position = (record as Positioned)[POSITION] ?? 0
  if (typeof position === 'number') options.bad({ file, line: position, reason })
  else options.bad({ file, line: position.line, reason }, position.raw)
}
