// Makes Neo4j plan statements before requests need them: at the start, and again as the graph grows.

import { monotonic, wait } from '../clock.ts'
import { failureReason } from '../graph/failures.ts'
import { REQUEST_TIMEOUT_MS } from '../graph/graph.ts'
import { PLAN_TIMEOUT_MS } from '../graph/planning.ts'
import { ascending, usedIn } from '../graph/queries.ts'
import { headsStatement } from '../memory/viewers.ts'
import type { Parts } from '../parts.ts'
import { CHANGE_KINDS, type ChangeKind, changeStatement } from '../relations/changes.ts'
import { allIdsStatement, idsStatement } from '../relations/ids.ts'
import { RELATION_KINDS } from '../relations/kinds.ts'
import { listSearchStatements, MATCHES_NOTHING } from '../relations/list-search.ts'
import { COMMON_LISTS, pageStatement, totalOf } from '../relations/page-statement.ts'
import { relationshipsStatement } from '../relations/relationships.ts'
import { suggestionsStatement } from '../relations/suggestions.ts'
import { searchParams } from '../users/search.ts'
import { type Search, searchOf } from '../users/search-words.ts'
import { usersStatement } from '../users/users.ts'

const CHECK_EVERY_MS = 10_000
// Statements that write are planned first and without pauses, because requests that write would also wait for each other. For the other statements
// requests have priority: the next one is planned when there was no request for QUIET_MS or, if requests never pause, after WAIT_FACTOR times
// the time that the previous plan took. One client's follows on a Neo4j that was just started, p50 in windows of five seconds
// (29 November 2026, 2 cores): 30, 30, 39, 31, 34, 28 ms if all are planned without pauses; 15, 12, 10, 8 from the third window on as it is now;
// 15, 10, 8 with none planned.
const QUIET_MS = 100
const WAIT_FACTOR = 4
const MIN_WAIT_MS = 500
const PAUSE_MS = 10

type Planned = { name: string; text: string; params: Record<string, unknown>; write: boolean }

/**
 * The commonest statements (`first`), and all others that read or change relations (`rest`), the more common ones first. Each runs on an empty
 * batch or for a user that does not exist, so it changes nothing and returns no data.
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
    ...MATCHES_NOTHING,
    batch,
    ordinal: 0n,
    id: -1n,
    hash: '',
    stored: '',
    properties: {},
    created_at: null,
  }
  const one = (name: string, text: string, write = false): Planned => ({
    name,
    text,
    params: usedIn(text, nobody),
    write,
  })
  const stored = (name: string, write = true) => one(name, queries.get(name).statement, write)
  const newest = (list: string) => queries.get(`lists/${list}`)
  const oldest = (list: string) => ascending(newest(list))
  const page = (list: string, viewer: boolean, from = newest) =>
    one(`lists/${list}`, pageStatement(from(list), viewer, totalOf(queries, list)))
  const pages = (list: string, from = newest) =>
    (COMMON_LISTS.includes(list) ? [true, false] : [true]).map((viewer) => page(list, viewer, from))
  const searches = (list: string) =>
    [...listSearchStatements(queries, list)].map(([name, text]) => one(`lists/${list}/${name}`, text))
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
    // A new installation creates users and tokens first.
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
    stored('relations/degrees', false),
    // Those of the other lists are planned at their first request: each takes 0.3 to 0.5 s of the processor, and there are thirty.
    ...COMMON_LISTS.flatMap(searches),
    one('relations/suggestions', suggestionsStatement(queries.get('relations/suggestions'))),
    ...['depart', 'purge-tokens', 'purge', 'erase'].map((step) => stored(`users/${step}`)),
    ...COMMON_LISTS.flatMap((list) => [newest, oldest].map((from) => ids(list, idsStatement(from(list))))),
  ]
  const others = all.filter(({ text }) => !first.some((planned) => planned.text === text))
  return { first, rest: [...others.filter(({ write }) => write), ...others.filter(({ write }) => !write)] }
}

/**
 * The size of the graph, as precisely as plans depend on it: each count is rounded up to 100 times a power of sixteen. The database
 * keeps these counts, so they are cheap to read.
 */
async function sizeOf(parts: Parts): Promise<string> {
  const [counts] = await parts.graph.read(
    'plans/size',
    `RETURN COUNT { (:User) }, ${RELATION_KINDS.map(({ type }) => `COUNT { ()-[:${type}]->() }`).join(', ')}`,
    {},
    PLAN_TIMEOUT_MS,
  )
  const power = (count: unknown) => Math.max(0, Math.ceil(Math.log(Number(count) / 100) / Math.log(16)))
  return (counts as unknown[]).map(power).join('-')
}

/**
 * Plans the commonest statements, which takes two to four seconds on two cores. All others (twenty seconds) are planned in the background: first
 * those that write, then those that read, while there are no requests or with pauses, until `stopping` returns true.
 *
 * By itself Neo4j plans a statement again when counts have changed, at most every ten seconds, while the request waits (180 to 500 ms
 * each time on two cores while a small graph changes, p99 of 64 writers 180 ms). So all statements are sent with `replan=skip`,
 * and with the size that they were planned for as a comment. With another size they are another statement to Neo4j, which
 * is planned here before any request needs it (docs/decisions/010).
 * @returns when the commonest are planned; `all` resolves when the others are, or could not be; `common` runs the commonest again
 */
export async function planAhead(
  parts: Parts,
  stopping: () => boolean,
): Promise<{ all: Promise<void>; common(): Promise<void> }> {
  const { first, rest } = statements(parts)
  async function run({ name, text, params, write }: Planned): Promise<void> {
    if (!write) return void (await parts.graph.read(name, text, params, PLAN_TIMEOUT_MS))
    // With a name that does not begin with `changes/`, because a success here does not mean that changes succeed (graph/watch.ts). `EXPLAIN` acquires
    // no lock. Without it, an instance that hangs here would hold the lock for as long as planning may take.
    await parts.graph.runAndRollBack(`plans/${name}`, [{ text: `EXPLAIN ${text}`, params }], PLAN_TIMEOUT_MS)
    // The rest of the planning, a quarter of the work, needs the lock. It gets the timeout of a request; if that is too short, the first request does
    // the rest. A transaction that is rolled back gets no transaction id, so the memories of the services stay valid (docs/decisions/013).
    await parts.graph
      .runAndRollBack(`plans/${name}`, [{ text, params }], REQUEST_TIMEOUT_MS)
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
  // Another service, or this one before a restart, may have planned them all already.
  for (const planned of [...first, ...rest]) use(planned, textFor(planned, before))
  const common = async (size = before) => {
    await Promise.all(first.map((planned) => plan(planned, size)))
  }
  await common()
  let quiet = false
  const untilQuiet = async (mostMs: number) => {
    const began = monotonic()
    let since = began
    // A client that sends one request after the other is seen by only some of the checks. So at first, and after a wait that ended while there were
    // requests, QUIET_MS must pass without one.
    const enough = quiet ? 2 * PAUSE_MS : QUIET_MS
    for (quiet = false; !quiet && monotonic() - began < mostMs && !stopping(); ) {
      if (parts.graph.busy > 0) since = monotonic()
      await wait(PAUSE_MS, undefined, { ref: false })
      quiet = parts.graph.busy === 0 && monotonic() - since >= enough
    }
  }
  const planOutdated = async () => {
    if (stopping()) return
    // If the database is not available, or a statement fails, the next check tries again.
    const size = await sizeOf(parts).catch(() => null)
    if (size === null) return
    let took = 0
    for (const planned of [...first, ...rest].filter(({ text }) => plannedFor.get(text) !== size)) {
      if (!planned.write) await untilQuiet(Math.max(MIN_WAIT_MS, WAIT_FACTOR * took))
      if (stopping()) return
      const began = monotonic()
      await plan(planned, size).catch(() => undefined)
      took = monotonic() - began
    }
  }
  const all = planOutdated()
  void (async () => {
    await all
    while (!stopping()) {
      // A random pause, so that services that share a graph check at different times: the later one finds the plans made.
      await wait(CHECK_EVERY_MS * (1 + Math.random()), undefined, { ref: false })
      await planOutdated()
    }
  })()
  return { all, common: async () => common(await sizeOf(parts)) }
}
