// The command `serve`: starts the database, the sample and the service, and stops them in the right order.

import closeWithGrace from 'close-with-grace'
import { clearTimeout, setTimeout } from '../clock.ts'
import type { Config } from '../config.ts'
import { tryPort } from '../http/server.ts'
import { allowSmallHeap } from '../relations/heap.ts'
import { startService } from '../service.ts'
import { warmUp } from '../startup/warm-up.ts'
import { connect, say } from './connect.ts'
import { printSample, putSample, sampleTokens } from './sample.ts'
import { explained, print } from './with-parts.ts'

// Errors end the process as usual. So do the signals of a fault in native code: after a listener the instruction would be run again, for ever.
const SKIPPED: closeWithGrace.AllEvents[] = [
  ...(['beforeExit', 'uncaughtException', 'unhandledRejection'] as const),
  ...(['SIGILL', 'SIGTRAP', 'SIGABRT', 'SIGBUS', 'SIGFPE', 'SIGSEGV'] as const),
]

/** Serves until SIGINT or SIGTERM (0), or until its own database ends by itself (1). */
export async function serve(config: Config, options: { data: string; sample?: boolean }): Promise<number> {
  allowSmallHeap()
  await tryPort(config)
  const connected = await connect(config, options.data)
  const own = config.neo4j === null
  const waiting = createWaiting(config.neo4j?.uri ?? '')
  let service: Awaited<ReturnType<typeof startService>>
  try {
    if (options.sample === true)
      await explained(connected.connection, () => putSample(config, connected.connection))
    // An own database answers by now; one in the settings may come later.
    service = await startService(config, connected.connection, own, own ? undefined : waiting.report)
  } catch (error) {
    await connected.stop()
    throw error
  }
  say(
    `follow-graph listens on ${service.url} (API under /stream/0, reference at ${service.url}/docs${config.explorer ? `, explorer at ${service.url}/` : ''}).`,
  )
  const stopAll = async (error: unknown) => {
    await service.stop()
    await connected.stop()
    throw error
  }
  const tokens =
    options.sample === true ? await sampleTokens(config, connected.connection).catch(stopAll) : undefined
  if (tokens !== undefined) printSample(service.url, tokens, service.signInLink(tokens[0].access_token))
  let stopping = false
  void service.planned.then(() => warmUp(service.parts, config.warmUp, () => stopping))
  print({ url: service.url, ...(tokens === undefined ? {} : { tokens }) })

  return new Promise((resolve) => {
    let status = 0
    // A second signal ends the process at once; an own database notices that and ends within three seconds.
    const grace = closeWithGrace({ delay: 30_000, logger: false, skip: SKIPPED }, async ({ signal }) => {
      stopping = true
      if (signal !== undefined) say('Stopping …')
      // Ctrl-C comes from a person: do not wait for idle connections.
      await service.stop(signal !== 'SIGTERM')
      await connected.stop()
      // close-with-grace would end the process with 0.
      if (status !== 0) process.exit(status)
      resolve(status)
    })
    connected.takeSignals()
    const giveUp = (reason: string) => {
      // A supervisor that signals all processes of the service (systemd) also ends its database.
      if (stopping) return
      say(reason)
      status = 1
      grace.close()
    }
    void connected.ended.then(giveUp)
    service.ready.catch((error: Error) => giveUp(error.message))
    if (!own) void waiting.until(service.ready)
  })
}

// Reports why the database is not ready: nothing during the first second, then each new reason once.
function createWaiting(uri: string) {
  let late = false
  let latest = ''
  let last = ''
  const print = () => {
    if (latest === last) return
    last = latest
    say(latest.includes('refuses the login') ? `${latest} It is tried again every 30 seconds.` : latest)
  }
  return {
    report(sentence: string) {
      latest = sentence
      if (late) print()
    },
    async until(ready: Promise<void>) {
      const waiting = setTimeout(() => {
        late = true
        say(
          `The database at ${uri} is not ready yet: requests get 503 until it is, and /health/ready says why.`,
        )
        print()
      }, 1_000)
      try {
        await ready
        if (late) say('The database is ready.')
      } catch {
        // giveUp() reports it.
      } finally {
        clearTimeout(waiting)
      }
    },
  }
}
