// Knows what the handlers share: the parts of one running service, made in one place and handed in.
import type { Graph } from './graph/graph.ts'
import type { Queries } from './graph/queries.ts'
import type { Changes } from './relations/changes.ts'
import type { Ids } from './relations/ids.ts'
import type { Lists } from './relations/lists.ts'
import type { Relationships } from './relations/relationships.ts'
import type { Suggestions } from './relations/suggestions.ts'
import type { TokenStore } from './tokens/store.ts'
import type { Accounts } from './users/accounts.ts'
import type { Users } from './users/users.ts'

export type Api = {
  graph: Graph
  queries: Queries
  users: Users
  accounts: Accounts
  lists: Lists
  ids: Ids
  changes: Changes
  relationships: Relationships
  suggestions: Suggestions
  tokens: TokenStore
}
