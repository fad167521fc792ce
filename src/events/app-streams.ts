// App Streams: streams of events that an app registers. The graph stores for each stream the position up to which it was sent.
import { failureKind } from '../graph/failures.ts'
import type { Graph, Row } from '../graph/graph.ts'
import type { Queries } from '../graph/queries.ts'
import { badRequest, notFound } from '../http/errors.ts'
import type { EventType } from './kinds.ts'

export type AppStream = { id: bigint; objectTypes: EventType[]; key: string | null }

/** A connection to a stream; its first event is the one after the event id `place`. It took the stream with the log's entry `takenAt`. */
export type Connection = { place: bigint; objectTypes: EventType[]; takenAt: bigint }

export type AppStreams = {
  /** Throws a 400 if the app has a stream with this key already. */
  create(clientId: string, objectTypes: EventType[], key: string | null): Promise<AppStream>
  list(clientId: string): Promise<AppStream[]>
  /** Throws a 404 if the app has no stream with this id, as the methods below do. */
  find(clientId: string, id: bigint): Promise<AppStream>
  remove(clientId: string, id: bigint): Promise<AppStream>
  /**
   * Connects to the stream. An older connection ends and stores its place; with `purge` the stream begins at the end of the log. `connection` must
   * listen already: a newer one may come before this resolves.
   */
  connect(clientId: string, id: bigint, connection: string, purge: boolean): Promise<Connection>
  keepPlace(id: bigint, connection: string, place: bigint, leaving: boolean): Promise<void>
}

// Within this time an older connection, perhaps at another instance, notices that it was replaced, and stores its position.
const HAND_OVER_MS = 500
const MAX_STREAMS = 100

/** `pause` waits for a number of milliseconds. */
export function createAppStreams(
  graph: Graph,
  queries: Queries,
  pause: (ms: number) => Promise<void>,
): AppStreams {
  const text = (name: string) => queries.get(`events/${name}`).statement
  const write = (name: string, params: Record<string, unknown>, once = false) =>
    graph.write(`events/${name}`, text(name), params, graph.timeoutMs, once)
  const streamOf = ([id, objectTypes, key]: Row): AppStream => ({
    id: id as bigint,
    objectTypes: objectTypes as EventType[],
    key: key as string | null,
  })
  const only = ([row]: Row[]): Row => {
    if (row === undefined) throw notFound('There is no such stream.')
    return row
  }
  const read = (client_id: string, id: bigint | null) =>
    graph.read('events/streams', text('streams'), { client_id, id })

  return {
    async create(client_id, object_types, key) {
      if ((await read(client_id, null)).length >= MAX_STREAMS)
        throw badRequest(`an app has ${MAX_STREAMS} streams at most; delete one that is not needed.`)
      try {
        // Once: a repeat would make a second stream.
        return streamOf(only(await write('create-stream', { client_id, object_types, key }, true)))
      } catch (error) {
        if (failureKind(error) !== 'conflict') throw error
        throw badRequest(
          `this app has a stream with the key ${key} already; choose another, or use that one.`,
        )
      }
    },
    list: async (clientId) =>
      (await read(clientId, null)).map(streamOf).sort((a, b) => (a.id < b.id ? -1 : 1)),
    find: async (clientId, id) => streamOf(only(await read(clientId, id))),
    // Once: a repeat would not find the stream.
    remove: async (client_id, id) => streamOf(only(await write('delete-stream', { client_id, id }, true))),
    async connect(client_id, id, connection, purge) {
      const taken = await write('take-stream', { client_id, id, connection, purge }).then(only)
      let [place, objectTypes, wasConnected, takenAt] = taken
      if (wasConnected === true && !purge) {
        await pause(HAND_OVER_MS)
        ;[place] = await write('keep-place', { id, connection, place, leaving: false }).then(only)
      }
      return {
        place: place as bigint,
        objectTypes: objectTypes as EventType[],
        takenAt: takenAt as bigint,
      }
    },
    async keepPlace(id, connection, place, leaving) {
      await write('keep-place', { id, connection, place, leaving })
    },
  }
}
