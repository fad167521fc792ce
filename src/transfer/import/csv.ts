// Splits the text of one CSV record into fields (RFC 4180), piece by piece, and detects broken quoting.

/** `open`: the record continues after the text read so far; `end`: it is complete; `broken`: its end cannot be known. */
export type RecordStatus = 'open' | 'end' | 'broken'

export type CsvRecord = {
  /** Reads the next line or piece of a line; `lineEnds`: the piece includes the end of its line. */
  read(piece: string, lineEnds: boolean): RecordStatus
  /** From now on only finds the end of the record, and keeps no text. */
  discardText(): void
  /** Where the last piece began, if it has a quote behind a backslash that closes a field or is doubled: other programs escape quotes so. */
  readonly doubt: Place | undefined
  readonly fields: string[]
  /** Why the record is refused or broken; undefined if it is valid so far. */
  readonly fault: string | undefined
}

export const NOT_CLOSED = 'a quoted field is never closed: close it, and double every quote inside it'
const TEXT_AFTER_QUOTE = 'there is text after a closing quote: double every quote inside a quoted field'
const BARE_QUOTE = 'there is a quote inside an unquoted field: quote the field and double the quote'
const BARE_CR =
  'there is a carriage return inside an unquoted field: quote the field, or end all lines in the same way'

// `quote`: a quote was read inside a quoted field; it ends the field, or is the first of a doubled quote.
export type State = 'start' | 'bare' | 'quoted' | 'quote' | 'closed'

/** A place between two pieces. `isMultiline`: a quoted field of the record has contained a line end; `last`: the character before, in a line. */
export type Place = { state: State; isMultiline: boolean; last: string }

/** An unquoted cell with this text is absent: MySQL and PostgreSQL write it for NULL. */
const NULL = '\\N'

/**
 * Spaces around a quoted field are not part of it. A quote inside an unquoted field is a fault. On the record's first line that quote
 * counts as text, so that quoted fields after it are still recognized; on a later line it shows that a field was never closed and has
 * swallowed other records. `lineBreak` is put between two lines of a quoted field, because readLines() has removed it.
 */
export function csvRecord(delimiter: string, lineBreak: string): CsvRecord {
  const fields: string[] = []
  let state: State = 'start'
  let field = ''
  let kept = true
  let isMultiline = false
  let last = ''
  let hasEscape = false
  // Where the last piece began; not an object, because there would be one for each line.
  let stateBefore: State = state
  let [wasMultiline, lastBefore] = [isMultiline, last]
  let fault: string | undefined

  const add = (text: string) => {
    if (kept) field += text
  }
  function endField(): void {
    if (kept && state === 'bare' && field.includes('\r')) fault ??= BARE_CR
    if (kept) fields.push(state === 'bare' && field === NULL ? '' : field)
    field = ''
    state = 'start'
  }

  // Each reads `piece` from `at` on and returns the index where it stopped, or -1 if the quoting is broken.
  const step: Record<State, (piece: string, at: number) => number> = {
    start(piece, at) {
      let behind = at
      while (isBlank(piece[behind], delimiter)) behind += 1
      if (behind < piece.length) {
        state = piece[behind] === '"' ? 'quoted' : 'bare'
        if (state === 'quoted') {
          field = ''
          return behind + 1
        }
        return at
      }
      add(piece.slice(at))
      return behind
    },
    bare(piece, at) {
      const found = piece.indexOf(delimiter, at)
      const text = piece.slice(at, found === -1 ? piece.length : found)
      if (text.includes('"')) {
        fault ??= BARE_QUOTE
        if (isMultiline) return -1
      }
      add(text)
      if (found === -1) return piece.length
      endField()
      return found + 1
    },
    quoted(piece, at) {
      const found = piece.indexOf('"', at)
      add(piece.slice(at, found === -1 ? piece.length : found))
      if (found === -1) return piece.length
      if (found > 0 ? piece.charCodeAt(found - 1) === BACKSLASH : lastBefore === '\\') hasEscape = true
      state = 'quote'
      return found + 1
    },
    quote(piece, at) {
      state = piece[at] === '"' ? 'quoted' : 'closed'
      if (state === 'closed') return at
      add('"')
      return at + 1
    },
    closed(piece, at) {
      let behind = at
      while (isBlank(piece[behind], delimiter)) behind += 1
      if (behind === piece.length || isLineEnd(piece.slice(behind, behind + 3))) return piece.length
      if (piece[behind] !== delimiter) {
        fault = TEXT_AFTER_QUOTE
        return -1
      }
      endField()
      return behind + 1
    },
  }

  return {
    fields,
    get fault() {
      return fault
    },
    get doubt() {
      if (!hasEscape) return undefined
      return { state: stateBefore, isMultiline: wasMultiline, last: lastBefore }
    },
    discardText() {
      kept = false
      field = ''
      fields.length = 0
    },
    read(piece, lineEnds) {
      stateBefore = state
      wasMultiline = isMultiline
      lastBefore = last
      hasEscape = false
      last = lineEnds ? '' : (piece.at(-1) ?? last)
      for (let at = 0; at < piece.length; ) {
        at = step[state](piece, at)
        if (at === -1) return 'broken'
      }
      if (!lineEnds) return 'open'
      if (state === 'quoted') {
        add(lineBreak)
        isMultiline = true
        return 'open'
      }
      if (state === 'bare') field = withoutEnd(field)
      endField()
      return 'end'
    },
  }
}

export const isBlank = (sign: string | undefined, delimiter: string): boolean =>
  sign === ' ' || (sign === '\t' && delimiter !== '\t')

const isLineEnd = (text: string): boolean => text === '\r' || text === '\n' || text === '\r\n'

const [LF, CR, BACKSLASH] = [10, 13, 92]

/** A line without its line end. */
export const withoutEnd = (line: string): string => {
  const last = line.charCodeAt(line.length - 1)
  if (last !== CR && last !== LF) return line
  return line.slice(0, line.endsWith('\r\n') ? -2 : -1)
}

/** The fields of a record that is one line without quotes; `fault` as in CsvRecord. */
export function bareFields(line: string, delimiter: string): { fields: string[]; fault?: string } {
  const bare = withoutEnd(line)
  const fields = bare.split(delimiter)
  if (bare.includes(NULL)) for (const [at, field] of fields.entries()) if (field === NULL) fields[at] = ''
  return bare.includes('\r') ? { fields, fault: BARE_CR } : { fields }
}
