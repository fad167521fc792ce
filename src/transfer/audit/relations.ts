// Checks and repairs relationships; each rule has a file under cypher/audit/ that finds its faults.

import { failureKind } from '../../graph/failures.ts'
import type { Row } from '../../graph/graph.ts'
import { type Query, withoutReturn } from '../../graph/queries.ts'
import type { Parts } from '../../parts.ts'
import { FOLLOWS, RELATION_KINDS, REQUESTS, type RelationKind } from '../../relations/kinds.ts'
import { statementOf } from '../relation.ts'
import { REPAIR_MS, WALK_MS } from '../timeouts.ts'
import { type Check, FAULTS, type Fault, type Finding } from './check.ts'
import { idChecks } from './ids.ts'

// Relationships in one transaction of a repair; the service's writers wait for one such transaction at most.
const STEP_SIZE = 500

const shown = (id: unknown) => (id === null || id === undefined ? null : String(id))

/** The checks of all kinds, in the order in which repairs must run. */
export function relationChecks(parts: Parts): Check[] {
  return RELATION_KINDS.flatMap((kind) => {
    const removing = (rule: string, file: string, about: string, blocked = false): Check =>
      removeCheck(parts, kind, `${kind.plural}-${rule}`, file, about, blocked)
    return [
      removing('ends', 'ends', `${kind.plural} have an end that is not a user; a repair removes them.`),
      removing('self', 'self', `${kind.plural} start and end at the same user; a repair removes them.`),
      ...(kind === FOLLOWS || kind === REQUESTS
        ? [
            removing(
              'across-block',
              'across-block',
              `${kind.plural} are between two users of whom one blocks the other; a repair removes them.`,
              true,
            ),
          ]
        : []),
      ...(kind === REQUESTS ? [besideFollow(parts)] : []),
      removing(
        'twice',
        'twice',
        `${kind.plural} duplicate another of the same pair, so that a count is too high; a repair removes them.`,
      ),
      propertiesCheck(parts, kind),
      idChecks(parts, kind),
    ]
  })
}

function rows(parts: Parts, kind: RelationKind, file: string, limit: number): Promise<Row[]> {
  const text = statementOf(kind, parts.queries.get(`audit/${file}`).statement)
  return parts.graph.read(`audit/${file}`, text, { limit: BigInt(limit) }, WALK_MS)
}

async function countOf(parts: Parts, kind: RelationKind, query: Query): Promise<bigint> {
  const [row] = await parts.graph.read(
    `${query.name}-count`,
    statementOf(kind, `${withoutReturn(query)} RETURN count(*) AS count`),
    {},
    WALK_MS,
  )
  return row?.[0] as bigint
}

async function findBy(
  parts: Parts,
  kind: RelationKind,
  rule: string,
  file: string,
  about: string,
  // The kind for which the file's statement is rewritten; FOLLOWS leaves it as it is.
  written = kind,
): Promise<Finding> {
  const found = await rows(parts, written, file, FAULTS)
  const faults = found.map(
    ([element, fromId, toId]): Fault => ({
      key: element as string,
      example: { [kind.from]: shown(fromId), [kind.to]: shown(toId), element: element as string },
    }),
  )
  const count =
    faults.length < FAULTS
      ? BigInt(faults.length)
      : await countOf(parts, written, parts.queries.get(`audit/${file}`))
  return { rule, about, count, faults }
}

function removeCheck(
  parts: Parts,
  kind: RelationKind,
  rule: string,
  file: string,
  about: string,
  blocked: boolean,
): Check {
  return {
    find: async () => [await findBy(parts, kind, rule, file, about)],
    repair: () => removeAll(parts, kind, file, 'remove', { blocked }),
  }
}

// A request of who follows already; its statements name both kinds, so they are not rewritten.
function besideFollow(parts: Parts): Check {
  const [rule, file] = ['requests-beside-follow', 'beside-follow']
  const about = 'requests are of users who follow already; a repair removes them.'
  return {
    find: async () => [await findBy(parts, REQUESTS, rule, file, about, FOLLOWS)],
    repair: () => removeAll(parts, FOLLOWS, file, 'remove-beside-follow', {}),
  }
}

async function removeAll(
  parts: Parts,
  kind: RelationKind,
  file: string,
  remove: string,
  params: Record<string, unknown>,
): Promise<number> {
  const text = statementOf(kind, parts.queries.get(`audit/${remove}`).statement)
  let repaired = 0
  for (let left = true; left; ) {
    const elements = (await rows(parts, kind, file, STEP_SIZE)).map(([element]) => element)
    if (elements.length === 0) return repaired
    const [row] = await parts.graph.write(`audit/${remove}`, text, { elements, ...params }, REPAIR_MS)
    repaired += Number(row?.[0])
    left = Number(row?.[0]) > 0
  }
  return repaired
}

// Relationships that were created by hand. Duplicates of a pair belong to the rule `twice` and are not reported here.
function propertiesCheck(parts: Parts, kind: RelationKind): Check {
  const rule = `${kind.plural}-properties`
  const about = `${kind.plural} lack a property, or have one that does not match their ends: they are counted, but missing in some lists; a repair completes them.`
  const write = async (name: string, elements: unknown[]): Promise<number> => {
    const [row] = await parts.graph.write(
      `audit/${name}`,
      statementOf(kind, parts.queries.get(`audit/${name}`).statement),
      { elements },
      REPAIR_MS,
    )
    return Number(row?.[0] ?? 0)
  }
  // If another client has just created the same pair, the relationship is left to the next round, where it is a duplicate.
  const adopt = async (elements: unknown[]): Promise<number> => {
    try {
      return await write('adopt', elements)
    } catch (error) {
      if (failureKind(error) !== 'conflict') throw error
      if (elements.length === 1) return 0
      let repaired = 0
      for (const element of elements) repaired += await adopt([element])
      return repaired
    }
  }
  return {
    async find() {
      const all = await findBy(parts, kind, rule, 'properties', about)
      if (all.count === 0n) return [all]
      const twice = await findBy(parts, kind, rule, 'twice', '')
      const duplicates = new Set(twice.faults.map(({ key }) => key))
      return [
        {
          ...all,
          count: all.count - twice.count,
          faults: all.faults.filter(({ key }) => !duplicates.has(key)),
        },
      ]
    },
    async repair() {
      let repaired = 0
      for (let left = true; left; ) {
        const found = await rows(parts, kind, 'properties', STEP_SIZE)
        const unmatched = found.filter((row) => row[3] === true).map(([element]) => element)
        // Ids of other pairs are removed first: such a pair may be the right one of another relationship here.
        if (unmatched.length > 0) left = (await write('strip', unmatched)) > 0
        else {
          const adopted = found.length === 0 ? 0 : await adopt(found.map(([element]) => element))
          repaired += adopted
          left = adopted > 0
        }
      }
      return repaired
    },
  }
}
