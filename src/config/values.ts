// Parses the settings that are more than a word or a number, and defines the error for wrong settings.
import { MAX_TIMER_MS } from '../clock.ts'
import type { EventsKeep } from '../events/keep.ts'
import { DEFAULT_LIMITS, type Limits } from '../http/rate-limit.ts'

/** A wrong setting; the message names it and says how to fix it. */
export class ConfigError extends Error {}

export function maxFollowing(text: string): bigint | null {
  if (text === '') return null
  if (!/^\d{1,18}$/.test(text))
    throw new ConfigError('The setting MAX_FOLLOWING must be a whole number, or be left out for no limit.')
  return BigInt(text)
}

const DEFAULT_KEEP: EventsKeep = { days: 7, most: 1_000_000n }

export function eventsKeep(text: string): EventsKeep {
  const keep = { ...DEFAULT_KEEP }
  for (const part of text === '' ? [] : text.split(',')) {
    const [, name, number = ''] = part.trim().match(/^(days|most)=(\d{1,9}(?:\.\d{1,9})?)$/) ?? []
    if (name === undefined || Number(number) === 0 || (name === 'most' && number.includes('.')))
      throw new ConfigError(
        'The setting EVENTS_KEEP must be parts such as days=7,most=1000000: days, and a number of events, both above 0.',
      )
    if (name === 'days') keep.days = Number(number)
    else keep.most = BigInt(number)
  }
  return keep
}

// The counts are kept by timers.
const MAX_SECONDS = Math.floor(MAX_TIMER_MS / 1_000)

export function rateLimit(text: string): Limits | null {
  if (text === 'off') return null
  const limits: Limits = { ...DEFAULT_LIMITS }
  for (const part of text === '' ? [] : text.split(',')) {
    const [, name, points, seconds] =
      part.trim().match(/^(read|write|anonymous|grant)=(\d{1,9})\/(\d{1,7})$/) ?? []
    if (
      name === undefined ||
      Number(points) === 0 ||
      Number(seconds) === 0 ||
      Number(seconds) > MAX_SECONDS
    ) {
      throw new ConfigError(
        `The setting RATE_LIMIT must be off, or parts such as read=5000/3600,write=20/60,anonymous=50/60,grant=10/60 (requests/seconds, at most ${MAX_SECONDS} seconds).`,
      )
    }
    limits[name as keyof Limits] = { points: Number(points), seconds: Number(seconds) }
  }
  return limits
}
