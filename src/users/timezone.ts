// Tells whether a text is the name of a time zone.

// Asking Node takes 125 µs, and a file of users has the same few names again and again. Case does not count, so there are more than any list has.
const names = new Set<string>()
const MAX_NAMES = 1_000

/** Whether the time zone database has the name. Newer versions of Node also take offsets such as +01:00, which are no names and which older ones refuse. */
export function isTimezone(name: string): boolean {
  if (names.has(name)) return true
  if (!/^[A-Za-z]/.test(name)) return false
  try {
    new Intl.DateTimeFormat('en', { timeZone: name })
  } catch {
    return false
  }
  if (names.size < MAX_NAMES) names.add(name)
  return true
}
