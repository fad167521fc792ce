// Knows the command `serve`: database, service, sample, and the order in which they end.
import closeWithGrace from 'close-with-grace'
import type { Config } from '../config.ts'
import { allowLeanHeap } from '../relations/lean.ts'
import { startService, tryPort } from '../service.ts'
import { warmUp } from '../warm-up.ts'
import { connect, say } from './connect.ts'
import { putSample, sampleTokens, tellSample } from './sample.ts'
import { print } from './with-api.ts'

/** Serves until SIGINT or SIGTERM (0), or until its own database ends by itself (1). */
export async function serve(config: Config, options: { data: string; sample?: boolean }): Promise<number> {
  allowLeanHeap()
  await tryPort(config)
  const connected = await connect(config, options.data)
  const own = config.neo4j === null
  let service: Awaited<ReturnType<typeof startService>>
  try {
    if (options.sample === true) await putSample(config, connected.connection)
    // A database of our own is there by now; another's may come later.
    service = await startService(config, connected.connection, own)
  } catch (error) {
    await connected.stop()
    throw error
  }
  say(`follow-graph listens on ${service.url} (API under /stream/0, reference at ${service.url}/docs).`)
  const tokens = options.sample === true ? await sampleTokens(service.api) : undefined
  if (tokens !== undefined) tellSample(service.url, tokens)
  let stopping = false
  void service.planned.then(() => warmUp(service.api, config.warmUp, () => stopping))
  print({ url: service.url, ...(tokens === undefined ? {} : { tokens }) })

  return new Promise((resolve) => {
    let status = 0
    // A second signal ends the process at once; a database of its own sees that and ends within three seconds.
    const grace = closeWithGrace(
      { delay: 30_000, logger: false, skip: ['beforeExit', 'uncaughtException', 'unhandledRejection'] },
      async ({ signal }) => {
        stopping = true
        if (signal !== undefined) say('Stopping …')
        // Ctrl-C is a person's, who does not wait for idle connections.
        await service.stop(signal !== 'SIGTERM')
        await connected.stop()
        process.exitCode = status
        resolve(status)
      },
    )
    const giveUp = (reason: string) => {
      say(reason)
      status = 1
      grace.close()
    }
    void connected.ended.then(giveUp)
    service.ready.catch((error: Error) => giveUp(error.message))
    if (!own) void tellWaiting(service.ready, config.neo4j?.uri ?? '')
  })
}

// A database that is there in time is no news.
async function tellWaiting(ready: Promise<void>, uri: string): Promise<void> {
  let told = false
  const waiting = setTimeout(() => {
    told = true
    say(`The database at ${uri} is not ready yet: requests get 503 until it is, and /health/ready says why.`)
  }, 1_000)
  try {
    await ready
    if (told) say('The database is ready.')
  } catch {
    // Told by the one who gives up.
  } finally {
    clearTimeout(waiting)
  }
}
