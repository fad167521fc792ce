// Knows which statements Neo4j should have planned before callers wait for them: a cold one takes up to a second each.
import type { Api } from './api.ts'
import { CHANGE_KINDS, changeStatement } from './relations/changes.ts'
import { pageStatement, totalOf } from './relations/lists.ts'
import { usersStatement } from './users/users.ts'

const TIMEOUT_MS = 30_000
const VIEWED = { viewer: true, annotations: false }
const FORMS = [VIEWED, { viewer: false, annotations: false }]

type Planned = { name: string; text: string; params: Record<string, unknown>; write: boolean }

/** The commonest statement of each kind, and all others; each runs on an empty batch, which changes and answers nothing. */
function statements({ queries }: Api): { first: Planned[]; rest: Planned[] } {
  const batch = { rows: [], hashes: [], usernames: [], annotations: false }
  const limit = 21n
  const one = (name: string, text: string, write = false): Planned => ({
    name,
    text,
    params: write ? { batch } : { batch, limit },
    write,
  })
  const page = (list: string) =>
    FORMS.flatMap((form) =>
      [true, false].map((proves) =>
        one(
          `lists/${list}`,
          pageStatement(queries.get(`lists/${list}`), form, totalOf(queries, list), proves),
        ),
      ),
    )
  const lists = queries.names('lists').map((name) => name.slice('lists/'.length))
  const change = (kind: (typeof CHANGE_KINDS)[number]) =>
    one(`changes/${kind}`, changeStatement(queries, kind), true)
  const first = [
    one('tokens/find', queries.get('tokens/find').statement),
    one('users/fetch', usersStatement(VIEWED)),
    one('lists/followers', pageStatement(queries.get('lists/followers'), VIEWED)),
    one('lists/followers', pageStatement(queries.get('lists/followers'), VIEWED, undefined, true)),
    change('follow'),
  ]
  const all = [
    one('users/find', queries.get('users/find').statement),
    ...FORMS.map((form) => one('users/fetch', usersStatement(form))),
    ...CHANGE_KINDS.map(change),
    ...lists.flatMap(page),
  ]
  return { first, rest: all.filter(({ text }) => !first.some((planned) => planned.text === text)) }
}

/** Plans the commonest, two seconds' work on two cores; the rest goes on behind, until `stopping` says that it need not. */
export async function planAhead(api: Api, stopping: () => boolean): Promise<void> {
  const { first, rest } = statements(api)
  const run = ({ name, text, params, write }: Planned) =>
    write ? api.graph.write(name, text, params, TIMEOUT_MS) : api.graph.read(name, text, params, TIMEOUT_MS)
  await Promise.all(first.map(run))
  void (async () => {
    for (const statement of rest) if (!stopping()) await run(statement)
  })().catch(() => undefined)
}
