// Knows which statements Neo4j should have planned before callers wait for them, at the start and again as the graph grows.

import { wait } from '../clock.ts'
import { failureReason } from '../graph/failures.ts'
import { REQUEST_TIMEOUT_MS } from '../graph/graph.ts'
import { ascending } from '../graph/queries.ts'
import { headsStatement } from '../memory/viewers.ts'
import type { Parts } from '../parts.ts'
import { CHANGE_KINDS, type ChangeKind, changeStatement } from '../relations/changes.ts'
import { allIdsStatement, idsStatement } from '../relations/ids.ts'
import { RELATION_KINDS } from '../relations/kinds.ts'
import { COMMON_LISTS, pageStatement, totalOf } from '../relations/page-statement.ts'
import { relationshipsStatement } from '../relations/relationships.ts'
import { suggestionsStatement } from '../relations/suggestions.ts'
import { searchParams } from '../users/search.ts'
import { type Search, searchOf } from '../users/search-words.ts'
import { usersStatement } from '../users/users.ts'

const TIMEOUT_MS = 30_000
const LOOK_MS = 10_000
// Planning takes turns with callers: so long, in all, it waits for moments in which nobody asks.
const POLITE_MS = 20_000
const PAUSE_MS = 20

type Planned = { name: string; text: string; params: Record<string, unknown>; write: boolean }

/**
 * The commonest statements, and all others that read or change relations, the commoner ones first; each runs on an empty batch
 * or for nobody, which changes and answers nothing.
 */
function statements({ queries }: Parts): { first: Planned[]; rest: Planned[] } {
  const batch = {
    rows: [],
    users: [],
    ids: [],
    hashes: [],
    usernames: [],
    tokens: [],
    annotations: false,
    begins: true,
  }
  const list = { user_id: 0n, viewer_id: 0n, before: 0n, since: 0n, limit: 21n }
  const search = searchParams(searchOf('nobody') as Search, 0n, 1)
  const nobody = {
    ...search,
    ...list,
    batch,
    ordinal: 0n,
    id: -1n,
    hash: '',
    seen: '',
    properties: {},
    created_at: null,
  }
  // Those that the caller will send, and no others: Neo4j keeps what it parsed by all that it is given.
  const paramsOf = (text: string) =>
    Object.fromEntries(Object.entries(nobody).filter(([name]) => new RegExp(`\\$${name}\\b`).test(text)))
  const one = (name: string, text: string, write = false): Planned => ({
    name,
    text,
    params: paramsOf(text),
    write,
  })
  const stored = (name: string, write = true) => one(name, queries.get(name).statement, write)
  const newest = (list: string) => queries.get(`lists/${list}`)
  const oldest = (list: string) => ascending(newest(list))
  const page = (list: string, viewer: boolean, from = newest) =>
    one(`lists/${list}`, pageStatement(from(list), viewer, totalOf(queries, list)))
  const pages = (list: string, from = newest) =>
    (COMMON_LISTS.includes(list) ? [true, false] : [true]).map((viewer) => page(list, viewer, from))
  const ids = (list: string, text: string) => one(`lists/${list}/ids`, text)
  const change = (kind: ChangeKind) => one(`changes/${kind}`, changeStatement(queries, kind), true)
  const lists = queries.names('lists').map((name) => name.slice('lists/'.length))
  const commonFirst = [...COMMON_LISTS, ...lists.filter((list) => !COMMON_LISTS.includes(list))]
  const first = [
    stored('tokens/find', false),
    stored('events/look', false),
    one('users/fetch', usersStatement(true)),
    page('followers', true),
    page('following', true),
    change('follow'),
  ]
  const all = [
    // Who begins makes users and tokens first.
    stored('users/create'),
    stored('tokens/create'),
    stored('users/find', false),
    stored('users/profile', false),
    stored('users/replace'),
    stored('tokens/revoke'),
    one('users/fetch', usersStatement(false)),
    one('memory/heads', headsStatement),
    ...CHANGE_KINDS.map(change),
    ...commonFirst.flatMap((list) => pages(list)),
    one('relations/relationships', relationshipsStatement(queries.get('relations/relationships'))),
    ...COMMON_LISTS.map((list) => ids(list, allIdsStatement(newest(list)))),
    ...commonFirst.flatMap((list) => pages(list, oldest)),
    stored('users/search', false),
    one('relations/suggestions', suggestionsStatement(queries.get('relations/suggestions'))),
    ...['depart', 'purge', 'erase'].map((step) => stored(`users/${step}`)),
    ...COMMON_LISTS.flatMap((list) => [newest, oldest].map((from) => ids(list, idsStatement(from(list))))),
  ]
  return { first, rest: all.filter(({ text }) => !first.some((planned) => planned.text === text)) }
}

/**
 * How large the graph is, as far as a plan depends on it: each count to the next power of sixteen, from 100 on. Read from the
 * counts that the database keeps.
 */
async function sizeOf(parts: Parts): Promise<string> {
  const [counts] = await parts.graph.read(
    'plans/size',
    `RETURN COUNT { (:User) }, ${RELATION_KINDS.map(({ type }) => `COUNT { ()-[:${type}]->() }`).join(', ')}`,
    {},
    TIMEOUT_MS,
  )
  const power = (count: unknown) => Math.max(0, Math.ceil(Math.log(Number(count) / 100) / Math.log(16)))
  return (counts as unknown[]).map(power).join('-')
}

/**
 * Plans the commonest, two to four seconds' work on two cores; all others (twenty seconds) go on behind, while nobody asks or a
 * little later, until `stopping` says that they need not.
 *
 * Neo4j plans a statement again, while its caller waits, when counts have changed since (ten seconds at the least: 180 to 500 ms
 * a time on two cores while a small graph changes, p99 of 64 writers 180 ms). So all are sent with `replan=skip`,
 * and with the size that they were planned for as a comment: what was planned for another size is another statement to Neo4j,
 * planned here before anybody waits for it (docs/decisions/010).
 * @returns when the commonest are planned; `all` resolves when the others are, or could not be; `common` runs the commonest again
 */
export async function planAhead(
  parts: Parts,
  stopping: () => boolean,
): Promise<{ all: Promise<void>; common(): Promise<void> }> {
  const { first, rest } = statements(parts)
  async function run({ name, text, params, write }: Planned): Promise<void> {
    if (!write) return void (await parts.graph.read(name, text, params, TIMEOUT_MS))
    // Under a name of their own, for a rehearsal that succeeds does not say that changes do. `EXPLAIN` takes no lock: an instance that hangs
    // here would hold it for as long as planning may take.
    await parts.graph.rehearse(`plans/${name}`, [{ text: `EXPLAIN ${text}`, params }], TIMEOUT_MS)
    // The rest, a quarter of the work, is done with the lock: in the time of a caller, or else by the first of them. What is undone is no
    // transaction, so that the memories of services stay valid (docs/decisions/013).
    await parts.graph
      .rehearse(`plans/${name}`, [{ text, params }], REQUEST_TIMEOUT_MS)
      .catch((error: unknown) => {
        if (failureReason(error) !== 'slow') throw error
      })
  }
  const textFor = ({ text }: Planned, size: string) => `CYPHER replan=skip ${text}\n// planned for ${size}`
  const use = (planned: Planned, text: string) =>
    parts.graph.sendAs(planned.text, text, () => run({ ...planned, text }), planned.write)
  const plannedFor = new Map<string, string>()
  const plan = async (planned: Planned, size: string) => {
    const text = textFor(planned, size)
    await run({ ...planned, text })
    use(planned, text)
    plannedFor.set(planned.text, size)
  }
  const before = await sizeOf(parts)
  // Another service, or this one before it was started again, may have planned them all.
  for (const planned of [...first, ...rest]) use(planned, textFor(planned, before))
  const common = async (size = before) => {
    await Promise.all(first.map((planned) => plan(planned, size)))
  }
  await common()
  const look = async () => {
    if (stopping()) return
    // A database that is away, or a statement that fails, is planned for at the next look.
    const size = await sizeOf(parts).catch(() => null)
    if (size === null) return
    let waited = 0
    for (const planned of [...first, ...rest].filter(({ text }) => plannedFor.get(text) !== size)) {
      for (; parts.graph.busy > 0 && waited < POLITE_MS && !stopping(); waited += PAUSE_MS)
        await wait(PAUSE_MS, undefined, { ref: false })
      if (stopping()) return
      await plan(planned, size).catch(() => undefined)
    }
  }
  const all = look()
  void (async () => {
    for (await all; !stopping(); await look()) {
      // Services that share a graph look at different moments: who comes later finds the plans made.
      await wait(LOOK_MS * (1 + Math.random()), undefined, { ref: false })
    }
  })()
  return { all, common: async () => common(await sizeOf(parts)) }
}
