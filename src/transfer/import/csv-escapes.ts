// Follows the other ways to read a CSV file in which a backslash may escape a quote, until the file itself shows which one is right.
import { isBlank, type Place, type State, withoutEnd } from './csv.ts'

/**
 * What is known after a line. `plain`: everything so far reads as RFC 4180 says; `open`: not known yet; `both`: up to here the lines
 * can be read in two ways, and go on in one; `escaped`: RFC 4180 cannot be right, but a backslash before a quote can.
 */
export type Verdict = 'plain' | 'open' | 'both' | 'escaped'

export type Readings = {
  /**
   * Reads the next line or piece of a line; `lineEnds`: the piece includes the end of its line. `isBehind`: it is behind the record in
   * question, which is certain as soon as no other reading is left, whatever follows.
   */
  read(piece: string, lineEnds: boolean, isBehind: boolean): Verdict
  /** The verdict if the file ends here: all readings end whose quotes are still open. */
  end(): Verdict
}

/**
 * MySQL, Spark and Python write `\"` for a quote inside quotes if they are told or not told so; PHP leaves a quote behind backslashes
 * alone, and doubles others. They differ in whether backslashes are escaped too, so in all other readings every quote behind a
 * backslash may be text or may close its field. A reading ends where it meets text behind a closing quote, or a quote in an unquoted
 * field that no backslash escapes. Begins at `place`, where RFC 4180 is the only reading.
 */
export function readings(place: Place, delimiter: string): Readings {
  let plain: State | undefined = place.state
  let { isMultiline, last } = place
  const others = new Set<State>()
  // Another reading has come to the same place as the plain one: they go on alike, but what is before differs.
  let merged = false
  let faulty = false

  function step(sign: string): void {
    const isEscaped = sign === '"' && last === '\\'
    const before = [...others]
    others.clear()
    for (const state of before) {
      const next = after(state, sign, isEscaped, delimiter)
      if (next !== undefined) others.add(next)
      if (state === 'quoted' && isEscaped) others.add('quoted')
    }
    if (plain === 'quoted' && isEscaped) others.add('quoted')
    if (plain === 'bare' && sign === '"') {
      faulty = true
      plain = isMultiline ? undefined : 'bare'
    } else plain = plain && after(plain, sign, isEscaped, delimiter)
    if (plain !== undefined && others.delete(plain)) merged = true
    last = sign
  }

  function endLine(): void {
    const before = [...others]
    others.clear()
    for (const state of before) others.add(state === 'quoted' ? 'quoted' : 'start')
    isMultiline = plain === 'quoted'
    if (plain !== undefined) plain = isMultiline ? 'quoted' : 'start'
    if (plain !== undefined && others.delete(plain)) merged = true
    last = ''
  }

  function verdict(): Verdict {
    if (plain === undefined) return 'escaped'
    if (others.size > 0) return 'open'
    if (!merged) return 'plain'
    if (plain !== 'start') return 'open'
    return faulty ? 'escaped' : 'both'
  }

  return {
    read(piece, lineEnds, isBehind) {
      for (const sign of lineEnds ? withoutEnd(piece) : piece) {
        const isAlone = others.size === 0 && !merged
        if (isAlone && isBehind) return 'plain'
        if (isAlone) faulty = false
        step(sign)
        // Broken in every reading: the record says so.
        if (plain === undefined) return isAlone ? 'plain' : 'escaped'
      }
      if (!lineEnds) return others.size > 0 || merged ? 'open' : 'plain'
      endLine()
      return verdict()
    },
    end() {
      others.delete('quoted')
      if (plain === 'quoted') return others.size > 0 || merged ? 'escaped' : 'plain'
      return verdict()
    },
  }
}

// The state behind `sign`; undefined if the reading ends there. An escaped quote in `quoted` may also leave the state as it is.
function after(state: State, sign: string, isEscaped: boolean, delimiter: string): State | undefined {
  if (state === 'quoted') return sign === '"' ? 'quote' : 'quoted'
  if (state === 'quote' && sign === '"') return 'quoted'
  if (sign === delimiter) return 'start'
  if (state === 'bare') return sign !== '"' || isEscaped ? 'bare' : undefined
  if (isBlank(sign, delimiter)) return state === 'quote' ? 'closed' : state
  if (state !== 'start') return undefined
  return sign === '"' ? 'quoted' : 'bare'
}
