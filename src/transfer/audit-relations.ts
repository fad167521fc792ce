// Knows what relationships must be like, and how those that are not come to be so; one file under cypher/audit/ a rule.
import type { Api } from '../api.ts'
import { failureKind } from '../graph/failures.ts'
import type { Row } from '../graph/graph.ts'
import { type Query, withoutReturn } from '../graph/queries.ts'
import { type Check, FAULTS, type Fault, type Finding } from './audit.ts'
import { idChecks } from './audit-ids.ts'
import { FOLLOWS, RELATION_KINDS, type RelationKind, statementOf } from './relation.ts'

const WALK_MS = 3_600_000
const MEND_MS = 60_000
// Relationships in one transaction of a repair: what the service's writers wait for at most.
const A_STEP = 500

const shown = (id: unknown) => (id === null || id === undefined ? null : String(id))

/** The checks of all three kinds, in the order in which they must mend. */
export function relationChecks(api: Api): Check[] {
  return RELATION_KINDS.flatMap((kind) => {
    const removing = (rule: string, file: string, about: string, blocked = false): Check =>
      removeCheck(api, kind, `${kind.plural}-${rule}`, file, about, blocked)
    return [
      removing('ends', 'ends', `${kind.plural} have an end that is no user; a repair removes them.`),
      removing('self', 'self', `${kind.plural} are of oneself; a repair removes them.`),
      ...(kind === FOLLOWS
        ? [
            removing(
              'across-block',
              'across-block',
              'follows stand across a block; a repair removes them.',
              true,
            ),
          ]
        : []),
      removing(
        'twice',
        'twice',
        `${kind.plural} stand beside another of the same pair, so that a count is too high; a repair removes them.`,
      ),
      propertiesCheck(api, kind),
      idChecks(api, kind),
    ]
  })
}

function rows(api: Api, kind: RelationKind, file: string, limit: number): Promise<Row[]> {
  const text = statementOf(kind, api.queries.get(`audit/${file}`).statement)
  return api.graph.read(`audit/${file}`, text, { limit: BigInt(limit) }, WALK_MS)
}

async function countOf(api: Api, kind: RelationKind, query: Query): Promise<bigint> {
  const [row] = await api.graph.read(
    `${query.name}-count`,
    statementOf(kind, `${withoutReturn(query)} RETURN count(*) AS count`),
    {},
    WALK_MS,
  )
  return row?.[0] as bigint
}

async function findBy(
  api: Api,
  kind: RelationKind,
  rule: string,
  file: string,
  about: string,
): Promise<Finding> {
  const found = await rows(api, kind, file, FAULTS)
  const faults = found.map(
    ([element, fromId, toId]): Fault => ({
      key: element as string,
      example: { [kind.from]: shown(fromId), [kind.to]: shown(toId), element: element as string },
    }),
  )
  const count =
    faults.length < FAULTS
      ? BigInt(faults.length)
      : await countOf(api, kind, api.queries.get(`audit/${file}`))
  return { rule, about, count, faults }
}

function removeCheck(
  api: Api,
  kind: RelationKind,
  rule: string,
  file: string,
  about: string,
  blocked: boolean,
): Check {
  return {
    find: async () => [await findBy(api, kind, rule, file, about)],
    async mend() {
      const text = statementOf(kind, api.queries.get('audit/remove').statement)
      let mended = 0
      for (let left = true; left; ) {
        const elements = (await rows(api, kind, file, A_STEP)).map(([element]) => element)
        if (elements.length === 0) return mended
        const [row] = await api.graph.write('audit/remove', text, { elements, blocked }, MEND_MS)
        mended += Number(row?.[0])
        left = Number(row?.[0]) > 0
      }
      return mended
    },
  }
}

// Relationships made by hand. Those that a repair removes as the second of a pair are not told of here again.
function propertiesCheck(api: Api, kind: RelationKind): Check {
  const rule = `${kind.plural}-properties`
  const about = `${kind.plural} lack a property, or have one that does not agree with their ends: they are counted, but not in every list; a repair adopts them.`
  const write = async (name: string, elements: unknown[]): Promise<number> => {
    const [row] = await api.graph.write(
      `audit/${name}`,
      statementOf(kind, api.queries.get(`audit/${name}`).statement),
      { elements },
      MEND_MS,
    )
    return Number(row?.[0] ?? 0)
  }
  // One whose pair somebody has just made is left to the next round, which finds it to be the second of its pair.
  const adopt = async (elements: unknown[]): Promise<number> => {
    try {
      return await write('adopt', elements)
    } catch (error) {
      if (failureKind(error) !== 'conflict') throw error
      if (elements.length === 1) return 0
      let mended = 0
      for (const element of elements) mended += await adopt([element])
      return mended
    }
  }
  return {
    async find() {
      const all = await findBy(api, kind, rule, 'properties', about)
      if (all.count === 0n) return [all]
      const twice = await findBy(api, kind, rule, 'twice', '')
      const told = new Set(twice.faults.map(({ key }) => key))
      return [
        { ...all, count: all.count - twice.count, faults: all.faults.filter(({ key }) => !told.has(key)) },
      ]
    },
    async mend() {
      let mended = 0
      for (let left = true; left; ) {
        const found = await rows(api, kind, 'properties', A_STEP)
        const strange = found.filter((row) => row[3] === true).map(([element]) => element)
        // All claims on other pairs are given up first: one of these pairs may be that of another of them.
        if (strange.length > 0) left = (await write('strip', strange)) > 0
        else {
          const adopted = found.length === 0 ? 0 : await adopt(found.map(([element]) => element))
          mended += adopted
          left = adopted > 0
        }
      }
      return mended
    },
  }
}
