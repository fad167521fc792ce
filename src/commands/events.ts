// The command `events`: prints events as JSON lines; with --follow it continues with new ones.
import { once } from 'node:events'
import type { Config } from '../config.ts'
import { EVENT_TYPES, type EventType, isEventId, type LogEvent } from '../events/kinds.ts'
import { EventsGone } from '../events/log.ts'
import { eventsJson } from '../events/show.ts'
import { nextEvents } from '../events/stream.ts'
import type { Subscription } from '../events/tail.ts'
import { localUrl } from '../http/address.ts'
import { UsageError } from './accounts.ts'
import { say } from './connect.ts'
import { withParts } from './with-parts.ts'

export type EventsCommand = { since?: string; types?: string; follow?: boolean; data: string }

const WAIT_MS = 60_000
const PAGE_SIZE = 200
const SHOW = { annotations: false, html: true }

/**
 * Prints the events after --since. Without it: all events that are kept or, with --follow, only new ones. With --follow it goes on at the new end of
 * the log, and says so, if the database was put back to an older state, as `tail -F` does with a file that was truncated.
 */
export function events(config: Config, command: EventsCommand): Promise<number> {
  const types = new Set(typesOf(command.types))
  const since = idOf(command.since)
  const wanted = ({ kind }: LogEvent) => types.has(kind.type)
  return withParts(config, command.data, async (parts) => {
    const { log, tail } = parts.events
    const publicUrl = config.publicUrl ?? localUrl(config.host, config.port)
    const listen = () => tail.listen({ tokenHash: null, userId: null })
    let subscription: Subscription | null = command.follow === true ? listen() : null
    // The reader of stdout is gone (`… | head -1`): nobody wants what comes.
    let gone: Error | undefined
    const leave = (error: Error) => {
      gone = error
      subscription?.end('left')
    }
    // The next page; undefined if what comes after `at` was replaced or dropped while this command followed the log.
    const nextPage = async (at: bigint) => {
      if (subscription === null) return log.page(at, PAGE_SIZE, wanted)
      try {
        const page = await nextEvents({ older: log.replay, subscription, wanted }, at)
        return subscription.ended === null ? page : undefined
      } catch (error) {
        if (error instanceof EventsGone && at !== since) return undefined
        throw error
      }
    }
    process.stdout.on('error', leave)
    let at = since
    try {
      const bounds = await log.bounds()
      at ??= command.follow === true ? bounds.last : bounds.droppedEvent
      for (;;) {
        const page = await nextPage(at)
        if (gone !== undefined) throw gone
        if (page === undefined) {
          subscription?.end('left')
          subscription = listen()
          at = (await log.bounds()).last
          say(
            `The log of events was put back to an older state, or its next events were dropped: read the lists again. Going on after event ${at}.`,
          )
          continue
        }
        const { events, upTo, more } = page
        const texts = await eventsJson(parts.users, events, { show: SHOW, viewerId: null })
        const lines = texts.map((text) => `${text.replaceAll('\u0001', publicUrl)}\n`).join('')
        if (lines !== '' && !process.stdout.write(lines)) await once(process.stdout, 'drain')
        if (subscription === null && !more) {
          if (upTo >= bounds.last) return 0
          if (upTo <= at && (await log.bounds()).last < bounds.last)
            throw new Error('The database was put back to an older state meanwhile: run the command again.')
        }
        at = upTo
        if (!more) await subscription?.wait(at, WAIT_MS)
      }
    } catch (error) {
      if (!(error instanceof EventsGone)) throw error
      throw new Error(
        `The events after ${at} are no longer kept: read the lists again, and begin with --since ${error.last}.`,
      )
    } finally {
      process.stdout.off('error', leave)
      subscription?.end('left')
    }
  })
}

function typesOf(text: string | undefined): readonly EventType[] {
  if (text === undefined) return EVENT_TYPES
  return text.split(',').map((name) => {
    const type = EVENT_TYPES.find((known) => known === name.trim())
    if (type === undefined)
      throw new UsageError(
        `--types must hold names of ${EVENT_TYPES.join(', ')}, comma separated, not ${name}.`,
      )
    return type
  })
}

function idOf(text: string | undefined): bigint | undefined {
  if (text === undefined) return undefined
  if (!isEventId(text))
    throw new UsageError('--since must be the id of an event, a whole number from 0 to 2^63-1.')
  return BigInt(text)
}
