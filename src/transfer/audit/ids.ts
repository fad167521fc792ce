// Checks the ids of relationships: none is used twice, and none is above the sequence.
import type { Parts } from '../../parts.ts'
import type { RelationKind } from '../../relations/kinds.ts'
import { createIdSet } from '../id-set.ts'
import { MAX_RELATION_ID, statementOf } from '../relation.ts'
import { highestAssigned } from '../sequence.ts'
import { REPAIR_MS } from '../timeouts.ts'
import { relationPages } from '../walk.ts'
import { type Check, FAULTS, type Fault } from './check.ts'

const STEP_SIZE = 500

type Relation = { from: bigint; to: bigint; id: bigint }

/** Checks both rules in one walk over all relationships of a kind. */
export function idChecks(parts: Parts, kind: RelationKind): Check {
  const example = ({ from, to, id }: Relation) => ({
    [kind.from]: String(from),
    [kind.to]: String(to),
    id: String(id),
  })
  const fault = (one: Relation): Fault => ({ key: `${one.from},${one.to},${one.id}`, example: example(one) })

  // All relationships that need another id, because theirs belongs to an earlier one in the walk or is so high that the sequence must
  // not rise to it, and the one with the highest id of the others.
  async function walk(): Promise<{ wrong: Relation[]; highest: Relation }> {
    const ids = createIdSet()
    const wrong: Relation[] = []
    let highest: Relation = { from: 0n, to: 0n, id: 0n }
    for await (const page of relationPages(parts, kind)) {
      const { from, to } = page
      page.ids.forEach((id, n) => {
        const [fromId, toId] = [from[n], to[n]]
        if (typeof id !== 'bigint' || typeof fromId !== 'bigint' || typeof toId !== 'bigint') return
        if (id > MAX_RELATION_ID || !ids.add(id)) wrong.push({ from: fromId, to: toId, id })
        else if (id > highest.id) highest = { from: fromId, to: toId, id }
      })
    }
    return { wrong, highest }
  }

  return {
    async find() {
      const { wrong, highest } = await walk()
      // Read after the walk, so that ids assigned during the walk are below it.
      const above = highest.id > (await highestAssigned(parts))
      return [
        {
          rule: `${kind.plural}-id-twice`,
          about: `${kind.plural} have the id of another, or one above 2^62; a repair gives them new ones.`,
          count: BigInt(wrong.length),
          faults: wrong.slice(0, FAULTS).map(fault),
        },
        {
          rule: `${kind.plural}-above-sequence`,
          about: `kind of relationship (${kind.plural}) has ids above the sequence; a repair raises the sequence.`,
          count: above ? 1n : 0n,
          faults: above ? [fault(highest)] : [],
        },
      ]
    },
    async repair() {
      const { wrong, highest } = await walk()
      let repaired = 0
      if (highest.id > (await highestAssigned(parts))) {
        await parts.graph.write(
          'audit/raise-sequence',
          parts.queries.get('audit/raise-sequence').statement,
          { highest: highest.id },
          REPAIR_MS,
        )
        repaired += 1
      }
      const text = statementOf(kind, parts.queries.get('audit/renumber').statement)
      for (let start = 0; start < wrong.length; start += STEP_SIZE) {
        const step = wrong.slice(start, start + STEP_SIZE)
        const params = {
          from: step.map(({ from }) => from),
          to: step.map(({ to }) => to),
          ids: step.map(({ id }) => id),
        }
        const [row] = await parts.graph.write('audit/renumber', text, params, REPAIR_MS)
        repaired += Number(row?.[0])
      }
      return repaired
    },
  }
}
