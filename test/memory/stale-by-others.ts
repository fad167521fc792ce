// The kinds of change of never-stale.test.ts that the log does not have one by one: analysts' Cypher, imports, a move, a repair and a restored graph.
import { asRun, type Run } from '../../src/events/runs.ts'
import {
  BLOCKS,
  FOLLOWS,
  MUTES,
  RELATION_KINDS,
  REQUESTS,
  type RelationKind,
} from '../../src/relations/kinds.ts'
import { auditGraph } from '../../src/transfer/audit/audit.ts'
import { importRelations } from '../../src/transfer/import/relations-into-graph.ts'
import { importUsers } from '../../src/transfer/import/users-into-graph.ts'
import type { RelationRecord } from '../../src/transfer/relation.ts'
import type { UserRecord } from '../../src/transfer/user.ts'
import { searchWords } from '../../src/users/search-words.ts'
import type { Make, Person, Scene } from './stale-world.ts'

/** One statement on people, whose ids are $a, $b and $c. */
const cypher =
  (text: string, of?: RelationKind | 'strangers'): Make =>
  async (s) => {
    const [a, b] = of === undefined ? s.two() : of === 'strangers' ? await s.strangers() : await s.related(of)
    const ids = [a, b, s.person()].map(({ id }) => BigInt(id))
    await s.cypher(text, { a: ids[0], b: ids[1], c: ids[2], dice: BigInt(Math.floor(s.next() * 1e9)) })
    return 200
  }

const A_AND_B = 'MATCH (a:User {id: $a}), (b:User {id: $b})'

/** A relation with all its properties, whose id comes from the sequence, as docs/model.md describes it. */
const madeByHand = ({ type, from, to, at }: RelationKind): Make =>
  cypher(
    `${A_AND_B} MATCH (s:Sequence {name: 'relations'}) SET s.value = s.value + 1
    CREATE (a)-[:${type} {id: s.value, ${from}: a.id, ${to}: b.id, ${at}: datetime.truncate('second')}]->(b)`,
    'strangers',
  )

/** A change of a token in the graph, which may be spent after it. */
const ofToken =
  (change: string): Make =>
  async (s) => {
    const owner = s.person()
    await s.cypher(`MATCH (t:Token) WHERE t.user_id = $id ${change}`, { id: BigInt(owner.id) })
    for (const text of owner.tokens) await s.spend(owner, text)
    return 200
  }

async function* once<T>(one: T): AsyncGenerator<T[]> {
  yield [one]
}

/** What the command `import` does with a file of one record; without `whole` it is a part of an import that still goes on. */
async function imported(
  { parts }: Scene,
  what: { kind: RelationKind; record: RelationRecord } | { user: UserRecord; replace?: boolean },
  whole: boolean,
): Promise<number> {
  const counts = { users: 0, follows: 0, made_users: 0, made_follows: 0, bad: 0 }
  const refused = () => {
    counts.bad += 1
  }
  const options = { knownUsers: true, bad: refused }
  const take = ({ changing }: Pick<Run, 'changing'>) =>
    'kind' in what
      ? importRelations(parts, what.kind, 'file', once(what.record), { ...options, changing }, counts)
      : importUsers(
          parts,
          'file',
          once(what.user),
          { ...options, changing, replace: what.replace === true },
          counts,
        )
  await (whole ? asRun(parts, 'import', take) : take({ changing: async () => undefined }))
  return counts.bad === 0 ? 200 : 403
}

const importOf =
  (kind: RelationKind): Make =>
  async (s) => {
    const [one, other] = await s.strangers()
    const record = { [kind.from]: BigInt(one.id), [kind.to]: BigInt(other.id) }
    return imported(s, { kind, record }, s.chance(0.5))
  }

/** A user without a rendered profile, as only Cypher makes one; with the words by which the search finds it, which a service would else add beside the reads that are compared. */
async function byHand(s: Scene): Promise<Person> {
  const { id, username } = s.fresh()
  await s.cypher(
    'CREATE (:User {id: $id, username: $name, username_key: $name, search_words: $words, created_at: datetime()})',
    { id: BigInt(id), name: username, words: searchWords(username, '') },
  )
  return s.welcome(id, username)
}

export const BY_OTHERS: Record<string, Make> = {
  ...Object.fromEntries(
    RELATION_KINDS.flatMap((kind) => [
      [`${kind.plural} by Cypher`, madeByHand(kind)],
      [`${kind.plural} of an import`, importOf(kind)],
    ]),
  ),
  'a follow by Cypher without an id': cypher(`${A_AND_B} MERGE (a)-[:FOLLOWS]->(b)`),
  'a follow that Cypher deletes': cypher(
    'MATCH (:User {id: $a})-[f:FOLLOWS]->(:User {id: $b}) DELETE f',
    FOLLOWS,
  ),
  'a mute that Cypher deletes': cypher('MATCH (:User {id: $a})-[f:MUTES]->(:User {id: $b}) DELETE f', MUTES),
  'a block that Cypher deletes': cypher(
    'MATCH (:User {id: $a})-[f:BLOCKS]->(:User {id: $b}) DELETE f',
    BLOCKS,
  ),
  'a request that Cypher deletes': cypher(
    'MATCH (:User {id: $a})-[f:REQUESTS]->(:User {id: $b}) DELETE f',
    REQUESTS,
  ),
  'a follow that Cypher gives to another, id and all': cypher(
    `MATCH (:User {id: $a})-[f:FOLLOWS]->(b:User {id: $b}), (c:User {id: $c}) WHERE c <> b AND NOT EXISTS { (c)-[:FOLLOWS]->(b) }
     WITH f, b, c, properties(f) AS p DELETE f CREATE (c)-[g:FOLLOWS]->(b) SET g = p, g.follower_id = c.id`,
    FOLLOWS,
  ),
  'a name by Cypher': cypher("MATCH (u:User {id: $a}) SET u.name = 'Cora ' + $dice REMOVE u.rendered"),
  'a type by Cypher': cypher(
    "MATCH (u:User {id: $a}) SET u.type = CASE u.type WHEN 'bot' THEN 'human' ELSE 'bot' END",
  ),
  'lists that Cypher hides': cypher('MATCH (u:User {id: $a}) SET u.hides_lists = true'),
  'properties and relations of an analyst': cypher(
    `${A_AND_B} SET a.pagerank = $dice, a:Seen MERGE (a)-[:KNOWS]->(b)`,
  ),
  'Cypher and a follow after it': async (s) => {
    await cypher('MATCH (:User {id: $a})-[f:FOLLOWS]->() DELETE f', FOLLOWS)(s)
    const [one, other] = s.two()
    return s.call('POST', `/users/${other.id}/follow`, s.by(one))
  },
  'a user by Cypher': async (s) => {
    const one = await byHand(s)
    return s.call('POST', `/users/${s.person().id}/follow`, s.by(one))
  },
  'a user whom Cypher deletes': async (s) => {
    const whom = s.person()
    await s.cypher('MATCH (u:User {id: $id}) DETACH DELETE u', { id: BigInt(whom.id) })
    s.leave(whom)
    await byHand(s)
    return 200
  },
  'tokens that run out by Cypher': ofToken('SET t.expires_at = 1000'),
  'scopes that Cypher takes': ofToken("SET t.scopes = ['basic']"),
  'tokens that Cypher deletes': ofToken('DELETE t'),
  'users of an import': async (s) => {
    const { id, username } = s.chance(0.5) ? s.person() : s.fresh()
    const status = await imported(s, { user: { id: BigInt(id), username, name: `Io ${s.next()}` } }, true)
    if (!s.world.people.some((one) => one.id === id)) await s.welcome(id, username)
    return status
  },
  'users of a part of an import that replaces': async (s) => {
    const { id, username } = s.person()
    return imported(s, { user: { id: BigInt(id), username }, replace: true }, false)
  },
  'a move of followers': async (s) => {
    const [from, to] = s.two()
    return s.call('POST', `/users/${from.id}/move`, s.admin(), { to: to.id })
  },
  'a repair': async (s) => {
    await auditGraph(s.parts, true, () => undefined)
    return 200
  },
  'a graph that is restored': async (s) => {
    await s.restore()
    return 200
  },
}
