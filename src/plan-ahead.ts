// Knows which statements Neo4j should have planned before callers wait for them, at the start and again as the graph grows.
import { setTimeout as wait } from 'node:timers/promises'
import type { Api } from './api.ts'
import { ascending } from './graph/queries.ts'
import { CHANGE_KINDS, changeStatement } from './relations/changes.ts'
import { allIdsStatement, idsStatement } from './relations/ids.ts'
import { loadStatement } from './relations/known-follows.ts'
import { COMMON_LISTS, type PageForm, pageForms, pageStatement, totalOf } from './relations/page-statement.ts'
import { relationshipsStatement } from './relations/relationships.ts'
import { suggestionsStatement } from './relations/suggestions.ts'
import { profilesStatement } from './users/remembered-profiles.ts'
import { usersStatement } from './users/users.ts'

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
function statements({ queries }: Api): { first: Planned[]; rest: Planned[] } {
  const batch = {
    rows: [],
    ids: [],
    hashes: [],
    usernames: [],
    tokens: [],
    clients: [],
    annotations: false,
    texts: false,
  }
  const nobody = { batch, user_id: 0n, viewer_id: 0n, before: 0n, since: 0n, hash: '', limit: 21n }
  // Those that the caller will send, and no others: Neo4j keeps what it parsed by all that it is given.
  const paramsOf = (text: string) =>
    Object.fromEntries(Object.entries(nobody).filter(([name]) => new RegExp(`\\$${name}\\b`).test(text)))
  const one = (name: string, text: string, write = false): Planned => ({
    name,
    text,
    params: paramsOf(text),
    write,
  })
  const newest = (list: string) => queries.get(`lists/${list}`)
  const oldest = (list: string) => ascending(newest(list))
  const page = (list: string, form: PageForm, from = newest) =>
    one(`lists/${list}`, pageStatement(from(list), form, totalOf(queries, list)))
  const ids = (list: string, text: string) => one(`lists/${list}/ids`, text)
  const change = (kind: (typeof CHANGE_KINDS)[number]) =>
    one(`changes/${kind}`, changeStatement(queries, kind), true)
  const lists = queries.names('lists').map((name) => name.slice('lists/'.length))
  const commonFirst = [...COMMON_LISTS, ...lists.filter((list) => !COMMON_LISTS.includes(list))]
  const first = [
    one('tokens/find', queries.get('tokens/find').statement),
    one('users/fetch', usersStatement(true)),
    page('followers', { viewer: true, knows: false }),
    page('followers', { viewer: true, knows: true }),
    change('follow'),
  ]
  const all = [
    one('users/find', queries.get('users/find').statement),
    one('users/fetch', usersStatement(false)),
    one('lists/follows', loadStatement),
    one('lists/profiles', profilesStatement),
    ...CHANGE_KINDS.map(change),
    ...commonFirst.flatMap((list) => pageForms(list).map((form) => page(list, form))),
    one('relations/relationships', relationshipsStatement(queries.get('relations/relationships'))),
    ...COMMON_LISTS.map((list) => ids(list, allIdsStatement(list, newest(list)))),
    ...commonFirst.flatMap((list) => pageForms(list).map((form) => page(list, form, oldest))),
    one('relations/suggestions', suggestionsStatement(queries.get('relations/suggestions'))),
    ...COMMON_LISTS.flatMap((list) => [newest, oldest].map((from) => ids(list, idsStatement(from(list))))),
  ]
  return { first, rest: all.filter(({ text }) => !first.some((planned) => planned.text === text)) }
}

/**
 * How large the graph is, as far as a plan depends on it: each count to the next power of sixteen, from 100 on. Read from the
 * counts that the database keeps.
 */
async function sizeOf(api: Api): Promise<string> {
  const [counts] = await api.graph.read(
    'plans/size',
    'RETURN COUNT { (:User) }, COUNT { ()-[:FOLLOWS]->() }, COUNT { ()-[:MUTES]->() }, COUNT { ()-[:BLOCKS]->() }',
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
 * @returns when the commonest are planned; `all` resolves when the others are, or could not be
 */
export async function planAhead(api: Api, stopping: () => boolean): Promise<{ all: Promise<void> }> {
  const { first, rest } = statements(api)
  // What is undone is no transaction: pages that are remembered until one is committed (docs/decisions/013) live on.
  const run = ({ name, text, params, write }: Planned): Promise<unknown> =>
    write
      ? api.graph.rehearse(name, [{ text, params }], TIMEOUT_MS)
      : api.graph.read(name, text, params, TIMEOUT_MS)
  const textFor = ({ text }: Planned, size: string) => `CYPHER replan=skip ${text}\n// planned for ${size}`
  const plannedFor = new Map<string, string>()
  const plan = async (planned: Planned, size: string) => {
    const text = textFor(planned, size)
    await run({ ...planned, text })
    api.graph.sendAs(planned.text, text)
    plannedFor.set(planned.text, size)
  }
  const before = await sizeOf(api)
  // Another service, or this one before it was started again, may have planned them all.
  for (const planned of [...first, ...rest]) api.graph.sendAs(planned.text, textFor(planned, before))
  await Promise.all(first.map((planned) => plan(planned, before)))
  const look = async () => {
    if (stopping()) return
    // A database that is away, or a statement that fails, is planned for at the next look.
    const size = await sizeOf(api).catch(() => null)
    if (size === null) return
    let waited = 0
    for (const planned of [...first, ...rest].filter(({ text }) => plannedFor.get(text) !== size)) {
      for (; api.graph.busy > 0 && waited < POLITE_MS && !stopping(); waited += PAUSE_MS)
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
  return { all }
}
