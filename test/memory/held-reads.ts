// A memory in the test's process on the real graph; a test can hold back the answers to its reads.
import { expect } from 'vitest'
import { createLog } from '../../src/events/log.ts'
import type { Graph } from '../../src/graph/graph.ts'
import { createMemory, type Reads, withMemory } from '../../src/memory/memory.ts'
import { createIds } from '../../src/relations/ids.ts'
import { createLists } from '../../src/relations/lists.ts'
import { MAX_CURSOR } from '../../src/relations/page.ts'
import { createTokenStore } from '../../src/tokens/store.ts'
import { createUsers } from '../../src/users/users.ts'
import type { OwnGraph } from '../support/own-graph.ts'

/** A memory of this process on the real graph, whose reads can be held when they have been answered. */
export function memoryOn(graph: OwnGraph, most = 10_000_000) {
  const { graph: real, queries } = graph.parts
  const held: { name: RegExp; until: Promise<void>; reached(): void }[] = []
  const counts = { hit: 0, miss: 0 }
  const read: Graph['read'] = async (name, ...rest) => {
    const rows = await real.read(name, ...rest)
    const one = held.find((each) => each.name.test(name))
    one?.reached()
    await one?.until
    return rows
  }
  const memory = createMemory({ read }, createLog(real, queries), most, { unreadable: () => expect.fail() })
  const on = { ...real, read: memory.graph.read }
  const users = createUsers(on, queries)
  const plain = {
    users,
    lists: createLists(on, queries, users.link),
    ids: createIds(real, queries),
    tokens: createTokenStore(on, queries, { maxFollowing: null }),
  }
  const begin = withMemory(plain, memory, {
    observe: (_, hit) => {
      counts[hit ? 'hit' : 'miss'] += 1
    },
  })
  return {
    begin,
    plain,
    memory,
    counts,
    /** Holds the answers to the next reads of a name; the result lets them go. */
    hold(name: RegExp) {
      let reached = () => {}
      let free = () => {}
      const there = new Promise<void>((resolve) => (reached = resolve))
      const until = new Promise<void>((resolve) => (free = resolve))
      const one = { name, until, reached }
      held.push(one)
      return {
        reached: there,
        free() {
          held.splice(held.indexOf(one), 1)
          free()
        },
      }
    },
  }
}
export type Remembering = ReturnType<typeof memoryOn>
export type Person = { id: string; username: string }

const pageOf = (reads: Reads, owner: Person, viewer: Person | null, list = 'followers', count = 20) =>
  reads.lists.page({
    list,
    userId: BigInt(owner.id),
    viewerId: viewer === null ? null : BigInt(viewer.id),
    form: { viewer: viewer !== null, annotations: false },
    request: { before: MAX_CURSOR, since: 0n, count },
  })
/** What a page shows, as text: whom, how often followed, and how the viewer stands to them. */
export const shown = async (
  reads: Reads,
  owner: Person,
  viewer: Person | null,
  list?: string,
  count?: number,
) =>
  (await pageOf(reads, owner, viewer, list, count))?.rows.map(([item, id]) =>
    [JSON.stringify(item, (_, value) => (typeof value === 'bigint' ? String(value) : value)), id].join(' '),
  ) ?? null

/** The same from memory and from the graph. */
export async function agree(
  { begin, plain }: Remembering,
  owner: Person,
  viewer: Person | null,
  list?: string,
) {
  const kept = await shown(begin(), owner, viewer, list)
  expect(kept).toEqual(await shown(plain, owner, viewer, list))
  return kept
}

/** Until a page is answered from memory, all of it. Beside other writers nothing may be kept for a second. */
export async function warm(one: Remembering, owner: Person, viewer: Person | null, list?: string) {
  for (let tries = 0; tries < 100; tries += 1) {
    const { hit } = one.counts
    const page = await agree(one, owner, viewer, list)
    if (one.counts.hit > hit) return page
    if (tries >= 10) await new Promise((resolve) => setTimeout(resolve, 100))
  }
  throw new Error('nothing is ever answered from memory')
}
