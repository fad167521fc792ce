// Knows which statements Neo4j should have planned before callers wait for them, at the start and again as the graph grows.
import { setTimeout as wait } from 'node:timers/promises'
import type { Api } from './api.ts'
import { CHANGE_KINDS, changeStatement } from './relations/changes.ts'
import { loadStatement } from './relations/known-follows.ts'
import { COMMON_LISTS, pageStatement, totalOf } from './relations/lists.ts'
import { profilesStatement } from './users/remembered-profiles.ts'
import { usersStatement } from './users/users.ts'

const TIMEOUT_MS = 30_000
const LOOK_MS = 10_000
const VIEWED = { viewer: true, annotations: false }
const FORMS = [VIEWED, { viewer: false, annotations: false }]

type Planned = { name: string; text: string; params: Record<string, unknown>; write: boolean }

/**
 * The commonest statement of each kind, the common ones that are kept planned as the graph grows, and all others; each runs on an
 * empty batch, which changes and answers nothing.
 */
function statements({ queries }: Api): { first: Planned[]; kept: Planned[]; rest: Planned[] } {
  const batch = { rows: [], hashes: [], usernames: [], annotations: false, texts: false }
  const limit = 21n
  const one = (name: string, text: string, write = false): Planned => ({
    name,
    text,
    params: write ? { batch } : { batch, limit },
    write,
  })
  const page = (list: string) =>
    FORMS.flatMap((form) =>
      [true, false].flatMap((proves) =>
        (form.viewer && COMMON_LISTS.includes(list) ? [true, false] : [false]).map((knows) =>
          one(
            `lists/${list}`,
            pageStatement(queries.get(`lists/${list}`), form, totalOf(queries, list), { proves, knows }),
          ),
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
    one(
      'lists/followers',
      pageStatement(queries.get('lists/followers'), VIEWED, undefined, { proves: true }),
    ),
    change('follow'),
  ]
  const remembered = [
    { ...one('lists/follows', loadStatement), params: { viewer_id: 0n } },
    { ...one('lists/profiles', profilesStatement), params: { batch: { ids: [] } } },
  ]
  const common: Planned[] = [
    one('users/find', queries.get('users/find').statement),
    ...FORMS.map((form) => one('users/fetch', usersStatement(form))),
    ...CHANGE_KINDS.map(change),
    ...COMMON_LISTS.flatMap(page),
    ...remembered,
  ]
  return {
    first,
    kept: common.filter(({ text }) => !first.some((planned) => planned.text === text)),
    rest: lists.filter((list) => !COMMON_LISTS.includes(list)).flatMap(page),
  }
}

/**
 * How large the graph is, as far as a plan depends on it: each count to the next power of four, from 100 on. Read from the
 * counts that the database keeps.
 */
async function sizeOf(api: Api): Promise<string> {
  const [counts] = await api.graph.read(
    'plans/size',
    'RETURN COUNT { (:User) }, COUNT { ()-[:FOLLOWS]->() }, COUNT { ()-[:MUTES]->() }, COUNT { ()-[:BLOCKS]->() }',
    {},
    TIMEOUT_MS,
  )
  const power = (count: unknown) => Math.max(0, Math.ceil(Math.log(Number(count) / 100) / Math.log(4)))
  return (counts as unknown[]).map(power).join('-')
}

/**
 * Plans the commonest, two seconds' work on two cores; the rest goes on behind, until `stopping` says that it need not.
 *
 * Neo4j plans a statement again, while its caller waits, when counts have changed since (ten seconds at the least: 180 to 500 ms
 * a time on two cores while a small graph changes, p99 of 64 writers 180 ms). So the common ones are sent with
 * `replan=skip`, and with the size that they were planned for as a comment: what was planned for another size is another
 * statement to Neo4j, planned here before anybody waits for it (docs/decisions/010).
 */
export async function planAhead(api: Api, stopping: () => boolean): Promise<void> {
  const { first, kept, rest } = statements(api)
  const run = ({ name, text, params, write }: Planned) =>
    write ? api.graph.write(name, text, params, TIMEOUT_MS) : api.graph.read(name, text, params, TIMEOUT_MS)
  const keep = async (planned: Planned, size: string) => {
    const text = `CYPHER replan=skip ${planned.text}\n// planned for ${size}`
    await run({ ...planned, text })
    api.graph.sendAs(planned.text, text)
  }
  const before = await sizeOf(api)
  await Promise.all(first.map((planned) => keep(planned, before)))
  const plan = async (some: Planned[], size: string) => {
    for (const planned of some) if (!stopping()) await keep(planned, size)
  }
  void (async () => {
    await plan(kept, before).catch(() => undefined)
    for (const statement of rest) if (!stopping()) await run(statement).catch(() => undefined)
    for (let size = before; !stopping(); ) {
      // Services that share a graph look at different moments: who comes later finds the plans made.
      await wait(LOOK_MS * (1 + Math.random()), undefined, { ref: false })
      if (stopping()) return
      try {
        const now = await sizeOf(api)
        if (now !== size) await plan([...first, ...kept], now)
        size = now
      } catch {
        // A database that is away is planned for when it is back.
      }
    }
  })()
}
