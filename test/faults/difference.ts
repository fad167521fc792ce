// Reads the part of the graph that belongs to three users, and says which differences a request of a route may leave in it.
import type { Parts } from '../../src/parts.ts'
import type { Route } from '../../src/routes/route.ts'
import { USER_SCOPES } from '../../src/tokens/token.ts'

/** Three users, an id that nobody has, the first one's token, an app's, and a client that may ask for one. */
export type World = {
  me: string
  other: string
  third: string
  unknown: string
  token: string
  app: string
  client: { client_id: string; client_secret: string }
}
export type Target = 'me' | 'other' | 'unknown'
/** One request: its operation, whom it names, and its body, for the message. */
export type Run = { route: Route; method: string; target: Target; text: string }
/** Every property of a world's nodes and relationships, as text under a name such as `user 7 name`. */
export type State = Map<string, string>

const STATE = `CALL {
  MATCH (u:User) WHERE u.id IN $ids
  RETURN 'user ' + u.id AS name, properties(u) AS properties, labels(u) AS labels
  UNION ALL
  MATCH (u:User)-[r]-() WHERE u.id IN $ids WITH DISTINCT r
  RETURN 'relation ' + startNode(r).id + '-' + type(r) + '-' + endNode(r).id AS name, properties(r) AS properties, [] AS labels
  UNION ALL
  UNWIND $ids AS id MATCH (t:Token {user_id: id})
  RETURN 'token ' + t.hash AS name, properties(t) AS properties, labels(t) AS labels
  UNION ALL
  MATCH (c:Client {client_id: $client})
  RETURN 'client ' + c.client_id AS name, properties(c) AS properties, labels(c) AS labels
} RETURN name, properties, labels`

/** Reads it: the users, what stands at them, their tokens, and the client. */
export async function stateOf(parts: Parts, { me, other, third, unknown, client }: World): Promise<State> {
  const ids = [me, other, third, unknown].map(BigInt)
  const rows = await parts.graph.read('test/state', STATE, { ids, client: client.client_id }, 60_000)
  const plain = (value: unknown) =>
    JSON.stringify(value, (_, one) => (typeof one === 'bigint' ? String(one) : one)) ?? 'null'
  return new Map(
    rows.flatMap(([name, properties, labels]) => [
      [`${name} (labels)`, plain(labels)] as const,
      ...Object.entries(properties as object).map(
        ([key, value]) => [`${name} ${key}`, plain(value)] as const,
      ),
    ]),
  )
}

/** What differs and may not, by the route's place in the table and its body's schema. */
export function forbidden(
  { route, method, target, text }: Run,
  at: World,
  before: State,
  after: State,
): string[] {
  const named = target === 'me' || route.path.includes('/users/me') ? at.me : at[target]
  const whose = route.path === '/users/me' ? at.me : named
  const profile =
    route.access.scope === 'update_profile' ||
    (['PUT', 'PATCH'].includes(method) && route.path === '/users/:user_id')
  const fields = profile ? Object.keys((route.body as { properties: object }).properties) : []
  const deletes = method === 'DELETE' && route.access.token === 'app' && !route.path.endsWith('/tokens')
  const relates = route.access.scope === 'follow'
  // Kept in step with the fields by the service itself.
  const derived = ['rendered', 'mentions', 'search_words', 'search_rank']
  return [...new Set([...before.keys(), ...after.keys()])]
    .filter((key) => {
      if (before.get(key) === after.get(key)) return false
      const [kind, name, property] = key.split(' ') as [string, string, string]
      const isNew = !before.has(`${kind} ${name} (labels)`)
      if (route.name === 'move' && kind !== 'token' && kind !== 'client')
        return !moved(key, { isNew, kept: after.has(key), value: after.get(key), from: named, to: at.third })
      if (kind === 'user') {
        if (deletes) return name !== whose || after.has(key)
        if (!profile || name !== whose) return true
        if (isNew) return property === '(labels)' ? after.get(key) !== '["User"]' : !NODE.includes(property)
        // created_at counts at creation only (docs/decisions/006).
        if (property === 'created_at') return true
        return (
          !derived.includes(property) && !fields.some((f) => property === f || property.startsWith(`${f}_`))
        )
      }
      if (kind === 'relation') {
        const [from, , to] = name.split('-') as [string, string, string]
        if (deletes) return (from !== whose && to !== whose) || after.has(key)
        if (!relates || !isNew === after.has(key)) return true
        if (isNew && property !== '(labels)' && !made(property, after.get(key) as string, from, to))
          return true
        const others = route.answers === 'Outcomes' ? [at.other, at.third, at.me] : [at[target]]
        return !((from === at.me && others.includes(to)) || (to === at.me && others.includes(from)))
      }
      if (kind === 'token') {
        // The tokens of somebody who was deleted go; DELETE token revokes the one sent.
        if (deletes) return after.has(key)
        // The account system makes tokens of the user that it names, and ends them all.
        if (route.path === '/users/:user_id/tokens') {
          if ((after.get(`${kind} ${name} user_id`) ?? '') !== `"${whose}"`) return true
          return method === 'POST'
            ? !isNew || !minted(property, after.get(key) as string)
            : property !== 'revoked_at'
        }
        if (route.path === '/token')
          return property !== 'revoked_at' || before.get(`${kind} ${name} user_id`) !== `"${at.me}"`
        return true
      }
      return true
    })
    .map(
      (key) =>
        `${method} ${route.path} ${target} ${text}: ${key} was ${before.get(key)}, is ${after.get(key)}`,
    )
}

// The properties of a new relationship are those that the service sets: both users, an id of its own, and a date of this year.
function made(property: string, value: string, from: string, to: string): boolean {
  if (/^(follower|muter|blocker|requester)_id$/.test(property)) return value === `"${from}"`
  if (/^(followee|muted|blocked|requested)_id$/.test(property)) return value === `"${to}"`
  if (/^(followed|muted|blocked|requested)_at$/.test(property))
    return value.includes(`${new Date().getUTCFullYear()}`)
  // The app by which a request was made, that of the token.
  if (property === 'client_id') return value === '"follow-graph"'
  return property === 'id'
}

type Difference = { isNew: boolean; kept: boolean; value: string | undefined; from: string; to: string }

// A move (to the third user) ends follows of the one user and makes follows of the other; moved_to names the other, who has none.
function moved(key: string, { isNew, kept, value, from, to }: Difference): boolean {
  const [kind, name, property] = key.split(' ') as [string, string, string]
  if (kind === 'user' && name === from)
    return property === 'moved_to'
      ? value === `"${to}"`
      : ['rendered', 'moving_moved', 'moving_kept'].includes(property)
  if (kind === 'user') return name === to && (property === 'rendered' || (property === 'moved_to' && !kept))
  const [follower, type, followee] = name.split('-') as [string, string, string]
  if (!kept) return (type === 'FOLLOWS' && followee === from) || (type === 'REQUESTS' && followee === to)
  if (!isNew || type !== 'FOLLOWS' || followee !== to) return false
  return property === '(labels)' || made(property, value as string, follower, to)
}

// A token that was made acts for a user, in scopes that a user's token may have.
function minted(property: string, value: string): boolean {
  if (property === 'kind') return value === '"user"'
  if (property === 'scopes')
    return (JSON.parse(value) as string[]).every((scope) => USER_SCOPES.some((known) => known === scope))
  return ['(labels)', 'hash', 'user_id', 'client_id', 'expires_at', 'created_at'].includes(property)
}

const NODE =
  'id username username_key name type timezone locale description verified_domain avatar_image_url avatar_image_width avatar_image_height cover_image_url cover_image_width cover_image_height annotations hides_lists locked mentions search_words rendered created_at events_after'.split(
    ' ',
  )

/** Which fields are shown otherwise than they stand: what is shown is rendered when it is written. */
export function shownOtherwise(state: State, id: string): string[] {
  const value = (key: string) => JSON.parse(state.get(`user ${id} ${key}`) ?? 'null') as unknown
  const rendered = value('rendered')
  if (typeof rendered !== 'string') return []
  const shown = JSON.parse(`${rendered.replaceAll('\u0001', '')}}`) as Record<string, unknown>
  return ['id', 'username', 'name', 'type', 'timezone', 'locale', 'verified_domain', 'locked'].filter(
    (key) => (shown[key] ?? null) !== value(key),
  )
}

/** The tokens that a client's grants made, and how many of them have more than the client was given. */
export async function grantsOf(parts: Parts, client: string): Promise<{ made: bigint; wrong: bigint }> {
  const text = `MATCH (t:Token {client_id: $client})
    WITH count(t) AS made, count(CASE WHEN NOT (t.kind = 'app' AND t.scopes = ['basic'] AND t.user_id IS NULL AND t.expires_at IS NULL) THEN 1 END) AS wrong
    RETURN made, wrong`
  const [row] = await parts.graph.read('test/grants', text, { client }, 60_000)
  const [made, wrong] = row as [bigint, bigint]
  return { made, wrong }
}
