// Describes the parameters of every route for OpenAPI.
import { EVENT_TYPES } from '../events/kinds.ts'
import { SORTS } from '../routes/listing.ts'
import type { Answers, Route } from '../routes/route.ts'
import { MAX_QUERY } from '../users/search-words.ts'
import type { Schema } from './schema.ts'

type Parameter = { name: string; in: string; description: string; required?: boolean; schema: Schema }

const query = (name: string, schema: Schema, description: string, required = false): Parameter => ({
  name,
  in: 'query',
  description,
  ...(required ? { required } : {}),
  schema,
})

// Not an enum: generators would create a type for each parameter of each route.
const zeroOrOne = (fallback: 0 | 1): Schema => ({
  type: 'integer',
  minimum: 0,
  maximum: 1,
  default: fallback,
})
const cursor: Schema = { type: 'string', pattern: '^\\d{1,19}$' }
// A list that is not empty and has no empty entry.
const references: Schema = { type: 'string', pattern: '^\\s*[^,\\s][^,]*(,\\s*[^,\\s][^,]*)*$' }

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
const WORDS: Schema = { type: 'string', minLength: 1, maxLength: MAX_QUERY }
const PAGE: Parameter[] = [
  query(
    'count',
    { type: 'integer', minimum: -200, maximum: 200, default: 20 },
    'How many items: a positive count takes the newest in the range, a negative one the oldest, both listed newest first.',
  ),
  ...cursors,
  query(
    'q',
    WORDS,
    'Only users who match these words, as in the search of users. Without any word it is a 400.',
  ),
]
const IDS: Parameter[] = [
  query(
    'count',
    { type: 'integer', minimum: -5000, maximum: 5000 },
    'How many ids. With this, before_id, since_id or q the answer is one page (20 where only those are sent); with none it is the whole list.',
  ),
  ...cursors,
  query(
    'q',
    WORDS,
    'Only ids of users who match these words, as in the search of users. Without any word it is a 400.',
  ),
]

const TYPES = EVENT_TYPES.join(', ')
const ONE_TYPE = `(${EVENT_TYPES.join('|')})`
const EVENTS_SINCE: Parameter[] = [
  query('since_id', cursor, 'Only events after this one: 0 to 2^63-1, exclusive; without it from now on.'),
  query(
    'types',
    { type: 'string', pattern: `^${ONE_TYPE}(,${ONE_TYPE})*$` },
    `Only these types, comma separated: ${TYPES}.`,
  ),
]
const LAST_EVENT_ID: Parameter = {
  name: 'Last-Event-ID',
  in: 'header',
  description: 'The same as since_id, and wins over it: what an EventSource sends when it connects again.',
  schema: cursor,
}
const EVENTS: Parameter[] = [
  ...EVENTS_SINCE,
  query('count', { type: 'integer', minimum: 1, maximum: 200, default: 20 }, 'How many at most.'),
  query(
    'wait',
    { type: 'integer', minimum: 0, maximum: 30, default: 0 },
    'Seconds for which an empty page is held until there is an event.',
  ),
]

// Parameters of single routes, by their names in routes/table.ts.
const OWN: Record<string, Parameter> = {
  'stream-events since_id': query(
    'since_id',
    cursor,
    'The last event that arrived: the stream continues after it if it was to continue later. 0 to 2^63-1.',
  ),
  ids: query('ids', references, 'Up to 200 ids or @usernames, comma separated; may be repeated.', true),
  count: query('count', { type: 'integer', minimum: 1, maximum: 200, default: 200 }, 'How many at most.'),
  'search count': query(
    'count',
    { type: 'integer', minimum: 1, maximum: 200, default: 20 },
    'How many at most.',
  ),
  q: query(
    'q',
    WORDS,
    'Words, of letters and digits; each must begin a word of the username, or each a word of the name. With a leading @ usernames only. Without any word it is a 400.',
    true,
  ),
  sort: query(
    'sort',
    { type: 'string', enum: SORTS, default: 'newest' },
    'The order: by the date of the follow, by username, or by number of followers (the most first). The last two are for lists of up to 5,000 rows and paged by cursor, without before_id and since_id. Only newest takes a negative count.',
  ),
  cursor: query(
    'cursor',
    { type: 'string', minLength: 1 },
    'With sort=username or sort=followers: meta.next_cursor of the page before, unchanged.',
  ),
  source: query(
    'source',
    references,
    'The user whose relationships are returned: an id, @username, or me.',
    true,
  ),
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

const SHOWN: Answers[] = [
  'User',
  'Users',
  'Page',
  'Token',
  'UserAccessToken',
  'Outcomes',
  'Suggestions',
  'Events',
  'EventStream',
]

/** The parameters of one route. */
export function parametersOf(route: Route): Parameter[] {
  const found: Parameter[] = [...route.path.matchAll(/:(\w+)/g)].map(([, name]) =>
    pathParameter(name as string, route),
  )
  for (const name of route.query ?? [])
    found.push(
      OWN[`${route.name} ${name}`] ??
        OWN[name] ??
        query(name, { type: 'string' }, 'See the description of the route.'),
    )
  if (route.answers === 'Page') found.push(...PAGE)
  if (route.answers === 'Ids') found.push(...IDS)
  if (route.answers === 'Events') found.push(...EVENTS)
  if (route.answers === 'EventStream' && route.query === undefined) found.push(...EVENTS_SINCE)
  if (route.answers === 'EventStream') found.push(LAST_EVENT_ID)
  if (SHOWN.includes(route.answers)) found.push(...SHOW)
  if (route.access.token === 'none' && route.methods.includes('GET')) found.push(CALLBACK)
  return [...found, PRETTY]
}

function pathParameter(name: string, route: Route): Parameter {
  const number = route.only !== undefined || name !== 'user_id'
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
