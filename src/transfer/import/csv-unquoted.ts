// Recognizes text as programs write it that do not quote: quotes that are ordinary text, and line ends behind backslashes.
import { withoutEnd } from './csv.ts'
import type { Kind } from './kind.ts'
import type { Layout } from './layout.ts'
import { type Line, textOf } from './lines.ts'

// `mysql -B`, COPY of PostgreSQL and jq's @tsv write quotes as they are between tabs, sqlite3 and psql between `|`.
const WITHOUT_QUOTES = ['\t', '|']
const ID = /^\s*[1-9][0-9]{0,18}(\.00?)?\s*$/

const BACKSLASH = 92
// A text has at most 256 characters, so no more line ends.
const MOST_LINES = 256

export const QUOTES_AS_TEXT =
  'the quotes enclose what may be a row of its own, if quotes are ordinary text in this file: write it as CSV with commas, where they are not, or as JSON lines'
export const BREAK_OR_TEXT =
  'a line end behind a backslash ends the row or belongs to its text, and both are possible: quote the field, or write JSON lines'

/** Whether a record with quotes may be several rows, or a row with more fields, of a file in which quotes are ordinary text. */
export function holdsRows<R>(
  lines: () => Line[],
  fields: number,
  { delimiter, columns, width }: Layout,
  kind: Kind<R>,
): boolean {
  if (!WITHOUT_QUOTES.includes(delimiter)) return false
  const texts = lines().map((line) => withoutEnd(textOf(line)))
  if (texts.length === 1) return fields < width && texts[0]?.split(delimiter).length === width
  const ids = columns.filter(({ name }) => kind.required.includes(name) && kind.ids.includes(name))
  const isRow = (row: string[]) => row.length > 1 && ids.every(({ at }) => ID.test(row[at] ?? ''))
  const areRows = ([first = [], ...others]: string[][]) => isRow(first) && others.some(isRow)
  return (
    ids.length > 0 &&
    (areRows(texts.map((text) => text.split(delimiter))) ||
      areRows(escapedSplit(texts.join('\n'), '\n').map((text) => escapedSplit(text, delimiter))))
  )
}

/** Whether a text ends with a backslash that no other one escapes. */
export function endsEscaped(text: string): boolean {
  let from = text.length
  while (from > 0 && text.charCodeAt(from - 1) === BACKSLASH) from -= 1
  return (text.length - from) % 2 === 1
}

/**
 * How many of the lines from `from` on belong to the record before them, which ends with a backslash, if backslashes escape delimiters
 * and line ends, as MySQL writes them: together they must have as many fields as the header. Undefined if `lines` are too few to know. More lines
 * than a text can have count as behind it: that file is broken.
 */
export function linesBehind(
  before: string,
  lines: Line[],
  from: number,
  last: boolean,
  { delimiter, width }: Layout,
): number | undefined {
  let found = escapedSplit(before, delimiter).length
  for (let at = from; at < lines.length; at += 1) {
    const text = withoutEnd(textOf(lines[at] as Line))
    found += escapedSplit(text, delimiter).length - 1
    if (found > width) return 0
    if (!endsEscaped(text)) return found === width ? at - from + 1 : 0
    if (at - from + 1 === MOST_LINES) return MOST_LINES
  }
  return last ? 0 : undefined
}

// The parts of a text, if backslashes escape what separates them.
function escapedSplit(text: string, separator: string): string[] {
  const parts: string[] = []
  let isOpen = false
  for (const part of text.split(separator)) {
    if (isOpen) parts[parts.length - 1] += separator + part
    else parts.push(part)
    isOpen = endsEscaped(part)
  }
  return parts
}
