// Knows the two rules of relationship ids: none given twice, none above the sequence; it walks all of them in the order of an index.
import type { Api } from '../api.ts'
import { type Check, FAULTS, type Fault } from './audit.ts'
import { relationPages } from './from-graph.ts'
import { type RelationKind, statementOf } from './relation.ts'

const A_STEP = 500
const MEND_MS = 60_000
const PAGE_BITS = 12n
const PAGE_SIZE = 1 << Number(PAGE_BITS)

/** A set of ids as bits: ids of a sequence lie close together, so a million of them take an eighth of a megabyte. */
export function createIdSet(): { add(id: bigint): boolean } {
  const pages = new Map<bigint, Uint8Array>()
  let lastKey = -1n
  let last = new Uint8Array(0)
  return {
    /** False where it was there already. */
    add(id) {
      const key = id >> PAGE_BITS
      if (key !== lastKey) {
        let page = pages.get(key)
        if (page === undefined) {
          page = new Uint8Array(PAGE_SIZE / 8)
          pages.set(key, page)
        }
        lastKey = key
        last = page as Uint8Array<ArrayBuffer>
      }
      const place = Number(id & BigInt(PAGE_SIZE - 1))
      const bit = 1 << (place & 7)
      const before = last[place >> 3] as number
      last[place >> 3] = before | bit
      return (before & bit) === 0
    },
  }
}

type Again = { from: bigint; to: bigint; id: bigint }

/** Both rules in one walk. */
export function idChecks(api: Api, kind: RelationKind): Check {
  const example = ({ from, to, id }: Again) => ({
    [kind.from]: String(from),
    [kind.to]: String(to),
    id: String(id),
  })
  const fault = (one: Again): Fault => ({ key: `${one.from},${one.to},${one.id}`, example: example(one) })

  // Every relationship whose id one before it in the walk has, and the highest id.
  async function walk(): Promise<{ again: Again[]; highest: Again }> {
    const seen = createIdSet()
    const again: Again[] = []
    let highest: Again = { from: 0n, to: 0n, id: 0n }
    for await (const { from, to, ids } of relationPages(api, kind)) {
      ids.forEach((id, n) => {
        const [fromId, toId] = [from[n], to[n]]
        if (typeof id !== 'bigint' || typeof fromId !== 'bigint' || typeof toId !== 'bigint') return
        if (!seen.add(id)) again.push({ from: fromId, to: toId, id })
        if (id > highest.id) highest = { from: fromId, to: toId, id }
      })
    }
    return { again, highest }
  }

  async function sequence(): Promise<bigint> {
    const [row] = await api.graph.read('audit/sequence', api.queries.get('audit/sequence').statement)
    return row?.[0] as bigint
  }

  return {
    async find() {
      const { again, highest } = await walk()
      // Read behind the walk: whatever was given an id during it is below this.
      const above = highest.id > (await sequence())
      return [
        {
          rule: `${kind.plural}-id-twice`,
          about: `${kind.plural} have the id of another; a repair gives them new ones.`,
          count: BigInt(again.length),
          faults: again.slice(0, FAULTS).map(fault),
        },
        {
          rule: `${kind.plural}-above-sequence`,
          about: `kind of relationship (${kind.plural}) has ids above the sequence; a repair raises the sequence.`,
          count: above ? 1n : 0n,
          faults: above ? [fault(highest)] : [],
        },
      ]
    },
    async mend() {
      const { again, highest } = await walk()
      let mended = 0
      if (highest.id > (await sequence())) {
        await api.graph.write(
          'audit/raise-sequence',
          api.queries.get('audit/raise-sequence').statement,
          { highest: highest.id },
          MEND_MS,
        )
        mended += 1
      }
      const text = statementOf(kind, api.queries.get('audit/renumber').statement)
      for (let start = 0; start < again.length; start += A_STEP) {
        const step = again.slice(start, start + A_STEP)
        const params = {
          from: step.map(({ from }) => from),
          to: step.map(({ to }) => to),
          ids: step.map(({ id }) => id),
        }
        const [row] = await api.graph.write('audit/renumber', text, params, MEND_MS)
        mended += Number(row?.[0])
      }
      return mended
    },
  }
}
