// Makes the parts of a service without HTTP; the commands use them, too.
import type { Config } from './config.ts'
import { createAppStreams } from './events/app-streams.ts'
import { createLog } from './events/log.ts'
import { pause } from './events/pause.ts'
import { createTail } from './events/tail.ts'
import type { Connection } from './graph/driver.ts'
import { openGraph } from './graph/graph.ts'
import { loadQueries } from './graph/queries.ts'
import { isCluster } from './graph/uri.ts'
import type { Observer } from './http/observe.ts'
import { createMemory, withMemory } from './memory/memory.ts'
import { createMoves } from './moves/moves.ts'
import type { Parts } from './parts.ts'
import { createChanges } from './relations/changes.ts'
import { createIds } from './relations/ids.ts'
import { createListSearch } from './relations/list-search.ts'
import { createLists } from './relations/lists.ts'
import { createRelationships } from './relations/relationships.ts'
import { createSuggestions } from './relations/suggestions.ts'
import { createTokenStore } from './tokens/store.ts'
import { createAccounts } from './users/accounts.ts'
import { createFinder } from './users/search.ts'
import { createUsers } from './users/users.ts'
import { resolveName } from './webhooks/resolve.ts'
import { createWebhooks } from './webhooks/store.ts'

/** Without `memory` in `config` nothing is kept in memory. The functions of `observe` are called for metrics and log lines. */
export function createParts(
  connection: Connection,
  config: Pick<Config, 'maxFollowing'> & Partial<Pick<Config, 'memory' | 'webhooksPrivate'>>,
  observe: Partial<Pick<Observer, 'query' | 'batch' | 'memory' | 'noMemory' | 'defect'>> & {
    timeoutMs?: number
  } = {},
): Parts {
  const queries = loadQueries()
  let committed = () => {}
  const graph = openGraph({
    ...connection,
    committed: () => committed(),
    ...(observe.query === undefined ? {} : { observe: observe.query }),
    ...(observe.timeoutMs === undefined ? {} : { timeoutMs: observe.timeoutMs }),
  })
  const log = createLog(graph, queries)
  // No memory on a cluster, because its servers may be at different points of the log.
  const memoryBytes = isCluster(connection.uri) ? 0 : (config.memory ?? 0)
  const memory =
    memoryBytes === 0
      ? null
      : createMemory(graph, log, memoryBytes, {
          unreadable: () => observe.noMemory?.(),
          observe: (requests) => observe.batch?.('looks', requests),
          failed: (error) => observe.defect?.('memory', error),
        })
  const current = { ...graph, ...memory?.graph }
  const users = createUsers(current, queries)
  const lists = createLists(current, queries, users.link, (pages) => observe.batch?.('pages', pages))
  const ids = createIds(graph, queries)
  const tokens = createTokenStore(current, queries, { maxFollowing: config.maxFollowing })
  const plain = { users, lists, ids, tokens }
  const reads =
    memory === null
      ? () => plain
      : withMemory(plain, memory, { observe: (kind, hit) => observe.memory?.(kind, hit) })
  const changes = createChanges(graph, queries, users.link, config.maxFollowing, (items) =>
    observe.batch?.('changes', items),
  )
  const tail = createTail(log)
  committed = tail.wake
  return {
    graph,
    queries,
    events: { log, tail, streams: createAppStreams(graph, queries, pause) },
    webhooks: {
      store: createWebhooks(graph, queries),
      allowPrivate: config.webhooksPrivate === true,
      resolve: resolveName,
    },
    ...plain,
    reads,
    memoryBytes: () => memory?.cache.bytes ?? 0,
    accounts: createAccounts(graph, queries),
    search: createFinder(graph, queries),
    listSearch: createListSearch(graph, queries),
    changes,
    moves: createMoves(graph, queries, config.maxFollowing),
    relationships: createRelationships(graph, queries),
    suggestions: createSuggestions(graph, queries, users.link),
    queues: () => ({ changes: changes.waiting, pages: lists.waiting }),
  }
}
