// The types of the parts of a running service; create-parts.ts makes them.
import type { AppStreams } from './events/app-streams.ts'
import type { Log } from './events/log.ts'
import type { Tail } from './events/tail.ts'
import type { Graph } from './graph/graph.ts'
import type { Queries } from './graph/queries.ts'
import type { Reads } from './memory/memory.ts'
import type { Moves } from './moves/moves.ts'
import type { Changes } from './relations/changes.ts'
import type { Ids } from './relations/ids.ts'
import type { Lists } from './relations/list-page.ts'
import type { ListSearch } from './relations/list-search.ts'
import type { Relationships } from './relations/relationships.ts'
import type { Suggestions } from './relations/suggestions.ts'
import type { TokenStore } from './tokens/store.ts'
import type { Accounts } from './users/accounts.ts'
import type { Finder } from './users/search.ts'
import type { Users } from './users/users.ts'
import type { Resolve } from './webhooks/address.ts'
import type { Webhooks } from './webhooks/store.ts'

export type Parts = {
  graph: Graph
  queries: Queries
  users: Users
  accounts: Accounts
  search: Finder
  lists: Lists
  listSearch: ListSearch
  ids: Ids
  changes: Changes
  moves: Moves
  relationships: Relationships
  suggestions: Suggestions
  tokens: TokenStore
  events: { log: Log; tail: Tail; streams: AppStreams }
  webhooks: { store: Webhooks; allowPrivate: boolean; resolve: Resolve }
  /** The reads for one request that begins now; they use the memory if it is enabled. Only for short requests that write nothing. */
  reads(): Reads
  memoryBytes(): number
  /** How many requests wait for a query, by the name of the queue. */
  queues(): Record<string, number>
}
