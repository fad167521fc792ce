// The connections to Neo4j: opens sessions, limits the wait for answers, and reconnects when the server is silent.
import neo4j, { type Driver, type Session } from 'neo4j-driver'
import { clearTimeout, monotonic, setTimeout, wait } from '../clock.ts'
import { type Connection, connect } from './driver.ts'
import { GraphUnavailable } from './failures.ts'

// After this time without any answer the connections count as dead, and new ones are opened. A host that has vanished does not
// close its connections, and TCP would wait for a quarter of an hour.
const SILENCE_MS = 5_000

/** A session, and the driver that opened it. */
type Opened = { session: Session; driver: Driver }

export type Connections = {
  /** Opens a session; it sees all transactions up to the bookmark `after`. */
  open(access: 'READ' | 'WRITE', after?: string): Opened
  shut(opened: Opened): void
  /** Resolves as `work` does; rejects with GraphUnavailable after `ms`, whatever the database does. */
  within<T>(ms: number, work: Promise<T>): Promise<T>
  /** The number of open sessions. */
  readonly busy: number
  /** Takes a second at most. */
  close(): Promise<void>
}

/** Connects lazily. `routed`: the address is a cluster; bookmarks then make each session see this process's earlier writes. */
export function createConnections(options: Connection, routed: boolean): Connections {
  let driver = connect(options)
  let silentSince: number | null = null
  let lastAnswer = 0
  let busy = 0
  // The reject functions of all pending calls.
  const waiting = new Set<(reason: GraphUnavailable) => void>()
  const newBookmarks = () => (routed ? neo4j.bookmarkManager() : undefined)
  let bookmarkManager = newBookmarks()

  function open(access: 'READ' | 'WRITE', after?: string): Opened {
    busy += 1
    const session = driver.session({
      database: options.database,
      defaultAccessMode: access === 'READ' ? neo4j.session.READ : neo4j.session.WRITE,
      ...(bookmarkManager === undefined ? {} : { bookmarkManager }),
      ...(after === undefined ? {} : { bookmarks: after }),
    })
    return { session, driver }
  }

  // Closing a session sends RESET only if a result is unfinished; a failure of it does not change the answer.
  function shut({ session, driver: of }: Opened): void {
    const done = () => {
      // Sessions of a replaced driver may never close; renew() has already set the counter to 0.
      if (of === driver) busy -= 1
    }
    session.close().then(done, done)
  }

  // The driver waits for ever for a server that is frozen.
  async function within<T>(ms: number, work: Promise<T>): Promise<T> {
    let timer: NodeJS.Timeout | undefined
    let giveUp: (reason: GraphUnavailable) => void = () => undefined
    const began = monotonic()
    const late = new Promise<never>((_, reject) => {
      giveUp = reject
      waiting.add(giveUp)
      timer = setTimeout(() => {
        // The silence began with this call or with the last answer to any call, whichever is later.
        silentSince ??= Math.max(began, lastAnswer)
        if (monotonic() - silentSince > SILENCE_MS) renew()
        reject(new GraphUnavailable('slow'))
      }, ms)
    })
    try {
      const value = await Promise.race([work, late])
      silentSince = null
      lastAnswer = monotonic()
      return value
    } finally {
      clearTimeout(timer)
      waiting.delete(giveUp)
    }
  }

  function renew(): void {
    silentSince = null
    busy = 0
    driver.close().catch(() => undefined)
    driver = connect(options)
    // A database that was put back to an older state never reaches the bookmarks of before, and keeps every call waiting for them.
    bookmarkManager = newBookmarks()
    rejectWaiting('slow')
  }

  // A closed driver never settles calls in flight: they would wait until their timeout, and keep the process alive until then.
  function rejectWaiting(reason: string): void {
    for (const giveUp of waiting) giveUp(new GraphUnavailable(reason))
  }

  return {
    open,
    shut,
    within,
    get busy() {
      return busy
    },
    close() {
      const closed = Promise.race([driver.close(), wait(1_000, undefined, { ref: false })])
      rejectWaiting('closed')
      return closed
    },
  }
}
