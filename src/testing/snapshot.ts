// Saves the graph of a test suite in memory and goes back to it. Only what differs is written, so going back after a small test is quick.
import { asRun } from '../events/runs.ts'
import type { Parts } from '../parts.ts'

type Node = { node: string; labels: string[]; properties: Record<string, unknown> }
type Relation = {
  relation: string
  type: string
  from_id: bigint
  to_id: bigint
  properties: Record<string, unknown>
}

/** The graph as it was: users, relationships between users, tokens, clients, streams and webhooks. */
export type Snapshot = { nodes: Node[]; relations: Relation[] }

// What the service writes beside its callers: how far a webhook or stream is, which running deliveries rely on, and the ranks of the search.
// A node that is there keeps these.
const IN_USE = [
  ...['revision', 'last_id', 'last_status', 'last_error', 'tries', 'retry_at', 'failing_since', 'batch_to'],
  ...['place', 'connection', 'search_rank'],
]
const TIMEOUT_MS = 60_000
const STEP = 5_000

export async function saveGraph({ graph, queries }: Parts): Promise<Snapshot> {
  // One row with a list: decoding a row each takes the driver two or three times as long.
  const read = async (name: string) => {
    const [row] = await graph.read(name, queries.get(name).statement, {}, TIMEOUT_MS)
    return row?.[0] as unknown[][]
  }
  const [nodes, relations] = await Promise.all([
    read('transfer/saved-nodes'),
    read('transfer/saved-relations'),
  ])
  return {
    nodes: nodes.map(([node, labels, properties]) => ({ node, labels, properties }) as Node),
    relations: relations.map(
      ([relation, type, from_id, to_id, properties]) =>
        ({ relation, type, from_id, to_id, properties }) as Relation,
    ),
  }
}

/** Makes the graph what it was. Readers of events get one `reset`, unless nothing differs; ids that were given meanwhile are not given again. */
export async function restoreGraph(parts: Parts, saved: Snapshot): Promise<void> {
  const now = await saveGraph(parts)
  const nodes = difference(saved.nodes, now.nodes, nodeKey)
  // A node with other properties is the same one by its labels and its id: it keeps its relationships.
  const changed = difference(nodes.missing, nodes.added, identity)
  const there = new Map(nodes.added.map((node) => [identity(node), node.node]))
  const toChange = nodes.missing
    .filter((node) => !changed.missing.includes(node))
    .map((node) => ({ ...node, node: there.get(identity(node)) as string }))
  // With a user its relationships go, also those that were there before: a user who is being deleted still has some.
  const gone = new Set(
    changed.added.filter(({ labels }) => isUser(labels)).map(({ properties }) => properties.id),
  )
  const staying = now.relations.filter(({ from_id, to_id }) => !gone.has(from_id) && !gone.has(to_id))
  const relations = difference(saved.relations, staying, relationKey)
  const write = async (name: string, batch: Record<string, unknown[]>) => {
    const { statement } = parts.queries.get(`transfer/restore-${name}`)
    // In steps, so that a transaction fits into the memory of a small database.
    const longest = Math.max(...Object.values(batch).map((rows) => rows.length))
    for (let at = 0; at < longest; at += STEP) {
      const step = Object.fromEntries(
        Object.entries(batch).map(([key, rows]) => [key, rows.slice(at, at + STEP)]),
      )
      await parts.graph.write(`transfer/restore-${name}`, statement, { batch: step }, TIMEOUT_MS)
    }
  }
  if ([nodes, relations].every(({ missing, added }) => missing.length + added.length === 0)) return
  await asRun(parts, 'reset', async ({ changing }) => {
    await changing()
    await write('delete', {
      relations: relations.added.map(({ relation }) => relation),
      nodes: changed.added.map(({ node }) => node),
      changed: toChange.map(({ node }) => node),
    })
    await write('nodes', { changed: toChange, missing: changed.missing })
    await write('relations', { relations: relations.missing })
  })
}

const identity = ({ labels, properties: { id, hash, client_id } }: Node): string =>
  `${labels} ${id ?? hash ?? client_id}`
const isUser = (labels: string[]): boolean => labels.includes('User') || labels.includes('Gone')
const nodeKey = ({ labels, properties }: Node): string => `${labels} ${textOf(properties, IN_USE)}`
const relationKey = ({ type, from_id, to_id, properties }: Relation): string =>
  `${type} ${from_id} ${to_id} ${textOf(properties)}`

// Dates and other types of Neo4j have a text that says all of them.
const textOf = (properties: Record<string, unknown>, left: string[] = []): string =>
  JSON.stringify(
    Object.entries(properties)
      .filter(([key]) => !left.includes(key))
      .map(([key, value]) => [key, Array.isArray(value) ? value.map(String) : String(value)])
      .sort(),
  )

/** Which of the first are not among the second, and the other way round; equal ones count as often as they are there. */
function difference<T>(first: T[], second: T[], keyOf: (one: T) => string): { missing: T[]; added: T[] } {
  const left = new Map<string, T[]>()
  for (const one of second) {
    const key = keyOf(one)
    const same = left.get(key)
    if (same === undefined) left.set(key, [one])
    else same.push(one)
  }
  const missing = first.filter((one) => left.get(keyOf(one))?.pop() === undefined)
  return { missing, added: [...left.values()].flat() }
}
