// Checks that the values of a body can be stored: valid text, numbers that are not too large, a bounded depth.

/** How deep lists and objects may be nested in one field. */
export const MAX_LEVELS = 64

type Path = readonly (string | number)[]

/** Why a text cannot be stored, and how to fix it; undefined if it can. */
export function textFault(text: string): string | undefined {
  if (text.includes('\0')) return 'holds the character U+0000; leave it out.'
  if (/\p{Surrogate}/u.test(text)) return 'holds half a surrogate pair; send whole characters.'
  return undefined
}

/** A list or object that is being checked; `keys` is null for a list. */
type Level = { value: Record<string | number, unknown>; keys: string[] | null; length: number; next: number }

/**
 * A sentence about the first fault in a value that JSON.parse returned; undefined if there is none. Not recursive: a body of 1 MB
 * can nest 500,000 lists. If the value itself is an object, it does not count as a level, so that the limit is per field.
 */
export function faultOf(value: unknown): string | undefined {
  const open: Level[] = []
  let fault = enter(open, value)
  while (fault === undefined) {
    const level = open.at(-1)
    if (level === undefined) return undefined
    if (level.next === level.length) open.pop()
    else fault = step(open, level)
  }
  return fault
}

// Checks the next key and value of a list or object.
function step(open: Level[], level: Level): string | undefined {
  const key = level.keys?.[level.next] ?? level.next
  level.next += 1
  const fault = typeof key === 'string' ? textFault(key) : undefined
  if (fault !== undefined) return `a key of ${named(pathOf(open).slice(0, -1))} ${fault}`
  return enter(open, level.value[key])
}

function enter(open: Level[], value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null) {
    const fault = scalarFault(value)
    return fault === undefined ? undefined : `${named(pathOf(open))} ${fault}`
  }
  const levels = open[0]?.keys === null ? open.length + 1 : open.length
  if (levels > MAX_LEVELS)
    return `${named(pathOf(open).slice(0, 1))} has lists or objects nested over ${MAX_LEVELS} levels deep; send it flatter.`
  const keys = Array.isArray(value) ? null : Object.keys(value)
  const length = keys?.length ?? (value as unknown[]).length
  open.push({ value: value as Level['value'], keys, length, next: 0 })
  return undefined
}

const pathOf = (open: Level[]): Path => open.map(({ keys, next }) => keys?.[next - 1] ?? next - 1)

function scalarFault(value: unknown): string | undefined {
  if (typeof value === 'string') return textFault(value)
  // JSON.parse turns it into Infinity, which would be stored as null.
  if (typeof value === 'number' && !Number.isFinite(value))
    return 'is a number that is too large; send it as a string.'
  return undefined
}

/** Names a part of a body as JavaScript would: `the field annotations[0].value.x`. Unusual keys are quoted, long ones shortened. */
export function named(path: Path): string {
  if (path.length === 0 || typeof path[0] === 'number') return 'the body'
  const text = path.map((key, at) => (typeof key === 'number' ? `[${key}]` : keyText(key, at))).join('')
  return `the field ${shorten(text)}`
}

function keyText(key: string, at: number): string {
  if (/^[A-Za-z_$][\w$-]*$/.test(key)) return at === 0 ? shorten(key) : `.${shorten(key)}`
  const quoted = JSON.stringify(shorten(key)).replace(
    /[\x7f-\x9f]/g,
    (sign) => `\\u00${sign.charCodeAt(0).toString(16)}`,
  )
  return at === 0 ? quoted : `[${quoted}]`
}

const MAX_SHOWN = 200

function shorten(text: string): string {
  if (text.length <= MAX_SHOWN) return text
  // By code points: half a surrogate pair is not a character.
  return `${[...text.slice(0, 2 * MAX_SHOWN)].slice(0, MAX_SHOWN).join('')}…`
}
