// Numbers and dates as the reader writes them, in the reader's time zone.

const number = new Intl.NumberFormat()
const date = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' })

export const formatNumber = (value: number): string => number.format(value)

/** A date of the API in the reader's zone; empty where it is not known. */
export const formatDate = (at: string | number | null | undefined): string =>
  at === null || at === undefined ? '' : date.format(new Date(at))

const day = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium' })
export const formatDay = (at: string): string => day.format(new Date(at))

/** "1 follower", "2 followers". */
export const counted = (count: number, one: string, many = `${one}s`): string =>
  `${formatNumber(count)} ${count === 1 ? one : many}`
