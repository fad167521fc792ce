// Knows which texts are a moment, for HTTP bodies and files alike: the day and the time must exist.

const FORM =
  /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:[.,]\d+)?)?(?: ?(?:Z|UTC|GMT|([+-])(\d\d)(?::?(\d\d)(?::(\d\d))?)?))?)?$/i
// As it is stored, of a day that every month has: nothing to convert, and files hold millions of them.
const AS_STORED = /^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|1\d|2[0-8])T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\dZ$/
const SECOND = 1_000

/**
 * A moment as whole UTC seconds, `2012-12-31T13:22:55Z`, from ISO 8601 and from what PostgreSQL and Rails write. Without a zone it
 * is UTC, without a time midnight; fractions of a second are left out. Undefined of any other text, of a day or time that does
 * not exist (24:00 and leap seconds among them), and outside the years 0000 to 9999.
 */
export function utcSeconds(text: string): string | undefined {
  if (AS_STORED.test(text)) return text
  const parts = FORM.exec(text)
  if (parts === null) return undefined
  const number = (at: number): number => Number(parts[at] ?? 0)
  const [hours, minutes, seconds] = [number(4), number(5), number(6)]
  if (hours > 23 || minutes > 59 || seconds > 59) return undefined
  if (number(8) > 23 || number(9) > 59 || number(10) > 59) return undefined
  const day = new Date(`${parts[1]}-${parts[2]}-${parts[3]}T00:00:00Z`)
  // Date makes 1 March of 30 February.
  if (Number.isNaN(day.getTime()) || day.getUTCDate() !== number(3)) return undefined
  const offset = (number(8) * 3600 + number(9) * 60 + number(10)) * (parts[7] === '-' ? -1 : 1)
  const iso = new Date(
    day.getTime() + (hours * 3600 + minutes * 60 + seconds - offset) * SECOND,
  ).toISOString()
  // Other years have a sign and six digits.
  return iso.length === 24 ? `${iso.slice(0, 19)}Z` : undefined
}
