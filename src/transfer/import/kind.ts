// Types of the file readers: the description of a kind of record, and the interface of the parsers.
import type { Line } from './lines.ts'

/** The raw values of one record by column; an empty CSV cell is absent. */
export type Cells = Record<string, unknown>

/** A kind of record: all its columns, those that a CSV file must have, and the conversion of cells into a record. */
export type Kind<R> = {
  columns: readonly string[]
  required: readonly string[]
  /** The header of the files that `export` writes, whose text may hold anything. */
  exported?: string
  /** Columns with ids: JSON numbers in them are read without rounding. */
  ids: readonly string[]
  /** Other names of columns. */
  aliases?: Readonly<Record<string, string>>
  /** The columns of a CSV file without a header, recognized by the fields of its first record. Such a file may also be empty. */
  unnamed?(fields: string[]): { name: string; at: number }[] | undefined
  /** An additional sentence for the error about a first line that lacks required columns. */
  hint?(fields: string[]): string
  /** Pushes each fault, with its remedy, to `faults`; the result is used only if there are none. */
  convert(cells: Cells, faults: string[]): R | undefined
}

/**
 * The result of parsing some lines. `used` of them are finished; the others are passed in again together with the next ones.
 * `unended`: the line where a record begins that is too long to keep and has no end.
 */
export type Parsed<R> = { records: R[]; used: number; unended?: number }
export type RecordParser<R> = {
  /** Parses as many of `lines` as possible; `last`: no more lines follow. */
  parse(lines: Line[], first: number, last: boolean): Parsed<R>
  /** Reports that a quote opened in `line` is never closed; the next lines will be those after `line`, read once more. */
  restartAfter(line: number): void
}
