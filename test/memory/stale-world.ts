// The people of never-stale.test.ts, and what a kind of change is given: whom it concerns by chance, and the ways to make it.
import type { Parts } from '../../src/parts.ts'
import type { RelationKind } from '../../src/relations/kinds.ts'
import { USER_SCOPES } from '../../src/tokens/token.ts'

export type Person = { id: string; username: string; tokens: string[] }

export type World = {
  people: Person[]
  /** Ids of users who were deleted. */
  gone: string[]
  /** Tokens that hold no more, or for less than before. */
  spent: string[]
  /** Tokens of apps: with the scope `provision`, and without. */
  admins: string[]
  apps: string[]
  /** How many users and names there were. */
  made: number
}

/** Makes one change; resolves with the status of the answer, or 200 where it was made without HTTP. */
export type Make = (scene: Scene) => Promise<number>

export type Answer = { status: number; body: string }

export type Scene = ReturnType<typeof createScene>

/** What the scene stands on. `call` asks one of the services at random; `restore` makes the graph what it was at the beginning. */
type Ground = {
  next: () => number
  call(method: string, path: string, token?: string, json?: unknown): Promise<Answer>
  parts: Parts
  restore(): Promise<void>
}

// So many are in the focus: most changes and most reads are about them, so that changes hit what was read.
const FOCUS = 4

export function createScene({ next, call, parts, restore }: Ground) {
  const world: World = { people: [], gone: [], spent: [], admins: [], apps: [], made: 0 }
  let saved: World
  let focus: Person[] = []

  const chance = (of: number): boolean => next() < of
  const some = <T>(from: readonly T[]): T => from[Math.floor(next() * from.length)] as T
  // The first of them is the star, of whom most is asked and changed.
  const person = (): Person =>
    chance(0.75) ? (focus[Math.floor(next() ** 2 * FOCUS)] as Person) : some(world.people)
  const cypher = (text: string, params: Record<string, unknown> = {}) =>
    parts.graph.write('test', text, params, 60_000)

  /** Two people. */
  function two(): [Person, Person] {
    const one = person()
    let other = person()
    while (other === one) other = some(world.people)
    return [one, other]
  }

  // Two people of the rows of a statement, mostly the star and another one; null where there are none.
  async function pairIn(text: string): Promise<[Person, Person] | null> {
    const known = new Map(world.people.map((one) => [one.id, one]))
    const pairs = (await cypher(text)).flatMap(([a, b]): [Person, Person][] => {
      const [from, to] = [known.get(String(a)), known.get(String(b))]
      return from === undefined || to === undefined ? [] : [[from, to]]
    })
    const near = pairs.filter((pair) => pair.includes(focus[0] as Person))
    return pairs.length === 0 ? null : some(near.length > 0 && chance(0.75) ? near : pairs)
  }

  /** Two people who have no relation. */
  const strangers = async (): Promise<[Person, Person]> =>
    (await pairIn(`MATCH (a:User), (b:User) WHERE a <> b AND NOT EXISTS { (a)-[:FOLLOWS|MUTES|BLOCKS|REQUESTS]-(b) }
      RETURN a.id, b.id ORDER BY a.id, b.id`)) ?? two()

  /** Two people of whom the first has such a relation to the second; any two where nobody has. */
  const related = async ({ type }: RelationKind): Promise<[Person, Person]> =>
    (await pairIn(`MATCH (a:User)-[:${type}]->(b:User) RETURN a.id, b.id ORDER BY a.id, b.id`)) ?? two()

  /** A new token, made by a program without HTTP. */
  async function token({ id }: Pick<Person, 'id'>): Promise<string> {
    const request = { kind: 'user' as const, clientId: 'follow-graph', expiresAt: null }
    const made = await parts.tokens.create({ ...request, userId: BigInt(id), scopes: [...USER_SCOPES] })
    if (made === null) throw new Error(`There is no user ${id}.`)
    return made.text
  }

  /** A new token of an app. */
  async function appToken(scopes: string[]): Promise<string> {
    const client = await parts.tokens.createClient({ name: 'app', link: '', scopes, maxFollowing: null })
    const request = { kind: 'app' as const, userId: null, clientId: client.client_id, expiresAt: null }
    const made = await parts.tokens.create({ ...request, scopes })
    return made?.text as string
  }

  /** Takes a token from those that hold. */
  async function spend(owner: Person, text: string): Promise<void> {
    owner.tokens = owner.tokens.filter((one) => one !== text)
    world.spent.push(text)
    if (owner.tokens.length === 0) owner.tokens.push(await token(owner))
  }

  /** A user who is there by now. */
  async function welcome(id: string, username: string): Promise<Person> {
    const one = { id, username, tokens: [await token({ id })] }
    world.people.push(one)
    return one
  }

  /** A user who is not there any more. */
  function leave(one: Person): void {
    world.people = world.people.filter((other) => other !== one)
    world.gone.push(one.id)
    world.spent.push(...one.tokens)
    focus = focus.map((other) => (other === one ? some(world.people) : other))
  }

  return {
    world,
    parts,
    ...{
      next,
      chance,
      some,
      person,
      two,
      strangers,
      related,
      cypher,
      token,
      appToken,
      spend,
      welcome,
      leave,
    },
    star: (): Person => focus[0] as Person,
    by: ({ tokens }: Person): string => some(tokens),
    admin: (): string => some(world.admins),
    /** An id and a name that nobody has had. */
    fresh(): { id: string; username: string } {
      world.made += 1
      return { id: String(world.made), username: `p${world.made}` }
    },
    ask: call,
    async call(method: string, path: string, token: string, json?: unknown): Promise<number> {
      return (await call(method, path, token, json)).status
    },
    /** Has others be in the focus now and then. */
    look(): void {
      while (focus.length < FOCUS) focus.push(some(world.people))
      if (chance(0.2)) focus[Math.floor(next() * FOCUS)] = some(world.people)
    },
    save(): void {
      saved = structuredClone(world)
    },
    async restore(): Promise<void> {
      await restore()
      const { people, gone, spent, made } = world
      const back = structuredClone(saved)
      const there = new Set(back.people.map(({ id }) => id))
      const held = new Set(back.people.flatMap(({ tokens }) => tokens))
      Object.assign(world, back, {
        made,
        gone: [...gone, ...people.map(({ id }) => id)].filter((id) => !there.has(id)),
        spent: [...spent, ...people.flatMap(({ tokens }) => tokens)].filter((text) => !held.has(text)),
      })
      focus = focus.map(() => some(world.people))
    },
  }
}
