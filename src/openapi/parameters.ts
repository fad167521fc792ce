// Knows the parameters of every route as OpenAPI has them; those that a route does not know are ignored, not refused.
import type { Answers, Route } from '../routes.ts'
import type { Schema } from './schemas.ts'

type Parameter = { name: string; in: string; description: string; required?: boolean; schema: Schema }

const query = (name: string, schema: Schema, description: string, required = false): Parameter => ({
  name,
  in: 'query',
  description,
  ...(required ? { required } : {}),
  schema,
})

const zeroOrOne = (fallback: 0 | 1): Schema => ({ type: 'integer', enum: [0, 1], default: fallback })
const cursor: Schema = { type: 'string', pattern: '^\\d{1,19}$' }
const references: Schema = { type: 'string', minLength: 1 }

const SHOW: Parameter[] = [
  query('include_annotations', zeroOrOne(0), 'Whether Users carry their annotations.'),
  query(
    'include_user_annotations',
    zeroOrOne(0),
    'The same as include_annotations; either of the two is enough.',
  ),
  query('include_html', zeroOrOne(1), 'Whether descriptions carry their html.'),
]

const cursors: Parameter[] = [
  query('before_id', cursor, 'Only items with a lower pagination_id: 0 to 2^63-1, exclusive.'),
  query('since_id', cursor, 'Only items with a higher pagination_id: 0 to 2^63-1, exclusive.'),
]
const PAGE: Parameter[] = [
  query(
    'count',
    { type: 'integer', minimum: -200, maximum: 200, default: 20 },
    'How many items: a positive count takes the newest in the range, a negative one the oldest, both listed newest first.',
  ),
  ...cursors,
]
const IDS: Parameter[] = [
  query(
    'count',
    { type: 'integer', minimum: -5000, maximum: 5000 },
    'How many ids. With this, before_id or since_id the answer is one page (20 where only those are sent); with none it is the whole list.',
  ),
  ...cursors,
]

// Parameters of single routes, by the name under which routes.ts has them.
const OWN: Record<string, Parameter> = {
  ids: query('ids', references, 'Up to 200 ids or @usernames, comma separated; may be repeated.', true),
  count: query('count', { type: 'integer', minimum: 1, maximum: 200, default: 200 }, 'How many at most.'),
  source: query('source', references, 'From whom it is seen: an id, @username, or me.', true),
  targets: query(
    'targets',
    references,
    'Up to 200 ids or @usernames, comma separated; may be repeated.',
    true,
  ),
}

const CALLBACK = query(
  'callback',
  { type: 'string', maxLength: 100, pattern: '^[A-Za-z_$][\\w$]*(\\.[A-Za-z_$][\\w$]*)*$' },
  'JSONP: the answer becomes callback({...}), with the HTTP status 200 whatever meta.code says.',
)

const PRETTY: Parameter = {
  name: 'X-ADN-Pretty-JSON',
  in: 'header',
  description: 'Whatever its value, asks for indented JSON that ends in a line break.',
  schema: { type: 'string' },
}

const SHOWN: Answers[] = ['User', 'Users', 'Page', 'Token', 'Outcomes', 'Suggestions']

/** The parameters of one route. */
export function parametersOf(route: Route): Parameter[] {
  const found: Parameter[] = [...route.path.matchAll(/:(\w+)/g)].map(([, name]) =>
    pathParameter(name as string, route),
  )
  for (const name of route.query ?? [])
    found.push(OWN[name] ?? query(name, { type: 'string' }, 'See the description of the route.'))
  if (route.answers === 'Page') found.push(...PAGE)
  if (route.answers === 'Ids') found.push(...IDS)
  if (SHOWN.includes(route.answers)) found.push(...SHOW)
  if (route.access.token === 'none' && route.methods.includes('GET')) found.push(CALLBACK)
  return [...found, PRETTY]
}

function pathParameter(name: string, route: Route): Parameter {
  const number = route.only !== undefined
  return {
    name,
    in: 'path',
    required: true,
    description: number
      ? 'An integer id.'
      : 'An integer id, @username in any case, or me (the user of the token).',
    schema: {
      type: 'string',
      pattern: number ? '^[1-9]\\d{0,18}$' : '^([1-9]\\d{0,18}|@[A-Za-z0-9_]{1,20}|me)$',
    },
  }
}
