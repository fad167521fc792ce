// Generates the API's OpenAPI 3.1 document from the table of routes.
import { createRequire } from 'node:module'
import { EVENT_SCHEMAS } from './openapi/events.ts'
import { PAGES } from './openapi/pages.ts'
import { parametersOf } from './openapi/parameters.ts'
import { FAILURE_RESPONSES, type Response, responsesOf } from './openapi/responses.ts'
import { constant, type Schema } from './openapi/schema.ts'
import { SCHEMAS } from './openapi/schemas.ts'
import { FOLLOWS, RELATION_KINDS } from './relations/kinds.ts'
import { type Method, PREFIX, type Route } from './routes/route.ts'
import { ROUTES } from './routes/table.ts'
import { APP_SCOPES, USER_SCOPES } from './tokens/token.ts'

const { version } = createRequire(import.meta.url)('../package.json') as { version: string }

const ABOUT = `The User Following part of the App.net Stream API.

Every answer except that of \`/oauth/access_token\` and of a new token is an envelope: \`data\` and \`meta\`, or only \`meta\` for a failure. Ids are 64-bit
integers, sent as strings. \`HEAD\` works as \`GET\`; \`OPTIONS\` answers \`Allow\`. Parameters that a route does not know are ignored.
A route that needs a token and is called with \`callback\` (JSONP) answers a wrapped 401.`

const BEARER = `A user token (\`fg_u_…\`, or a JWT if an identity provider is set) or an app token (\`fg_a_…\`); the description of a
route says which it needs. Send a token in one way only; \`POST\`, \`PUT\` and \`PATCH\` also take it as \`access_token\` in the body.
Scopes of user tokens: ${USER_SCOPES.join(', ')}. Of app tokens: ${APP_SCOPES.join(', ')}.`

const SECURITY = {
  bearer: { type: 'http', scheme: 'bearer', description: BEARER },
  query: {
    type: 'apiKey',
    in: 'query',
    name: 'access_token',
    description: 'The same token in the URL; refused if QUERY_TOKEN is off.',
  },
  client: {
    type: 'http',
    scheme: 'basic',
    description: 'client_id and client_secret, both form-encoded first (RFC 6749 section 2.3.1).',
  },
}

const MEDIA = { json: 'application/json', form: 'application/x-www-form-urlencoded' }

const GRANT: Schema = {
  type: 'object',
  required: ['grant_type'],
  properties: {
    grant_type: constant('client_credentials'),
    client_id: { type: 'string', description: 'Here or in HTTP Basic, not both.' },
    client_secret: { type: 'string' },
    scope: { type: 'string', description: 'Space separated; by default all that the client was given.' },
  },
}
const BODY_TOKEN: Schema = {
  type: 'object',
  properties: {
    access_token: { type: 'string', description: 'A token, if none is sent in another way.' },
  },
}

type Operation = { operationId: string; responses: Record<string, Response | { $ref: string }> } & Record<
  string,
  unknown
>
const ALL_SCHEMAS: Record<string, Schema> = { ...SCHEMAS, ...EVENT_SCHEMAS }

type Document = { paths: Record<string, Record<string, Operation>> } & Record<string, unknown>

let cached: { path: string; text: string } | null = null

/**
 * The document as JSON text. Its server URLs are paths without a host, so that it is valid under every host name; `publicUrl` gives the
 * path. They begin with a slash, because most tools append them to the host.
 */
export function openapi(publicUrl?: string): string {
  const known = publicUrl !== undefined && URL.canParse(publicUrl)
  const path = known ? new URL(publicUrl).pathname.replace(/\/+$/, '') : ''
  if (cached?.path !== path) cached = { path, text: JSON.stringify(describe(path)) }
  return cached.text
}

/**
 * The JSON schema of every answer, by `METHOD path status` with the path as in routes/table.ts
 * (`GET /users/:user_id 200`). Each is self-contained: the schemas that it refers to are in its `$defs`.
 */
export function responseSchemas(): Record<string, Schema> {
  const { paths } = describe('')
  const found: Record<string, Schema> = {}
  const add = (key: string, path: string, method: string) => {
    for (const [status, given] of Object.entries(paths[path]?.[method.toLowerCase()]?.responses ?? {})) {
      const response = '$ref' in given ? FAILURE_RESPONSES[given.$ref.split('/').at(-1) as string] : given
      const schema = response?.content?.['application/json']?.schema
      if (schema !== undefined) found[`${method} ${key} ${status}`] = standalone(schema)
    }
  }
  for (const route of ROUTES)
    for (const method of route.methods) add(route.path, template(route.path), method)
  for (const path of Object.keys(PAGES)) add(path, path, 'GET')
  return found
}

const standalone = (schema: Schema): Schema =>
  JSON.parse(
    JSON.stringify({ ...schema, $defs: ALL_SCHEMAS }).replaceAll('#/components/schemas/', '#/$defs/'),
  ) as Schema

function describe(base: string): Document {
  const paths: Document['paths'] = {}
  for (const route of ROUTES) {
    for (const method of route.methods) {
      const path = template(route.path)
      paths[path] = { ...paths[path], [method.toLowerCase()]: operation(route, method) }
    }
  }
  // The router also answers literal paths such as /users/me by the route of a pattern: these paths are described too.
  for (const { route, path } of literals()) {
    const get = operation(route, 'GET')
    const parameters = parametersOf(route).filter((parameter) => parameter.in !== 'path')
    paths[path] = { get: { ...get, operationId: `${get.operationId}Me`, parameters }, ...paths[path] }
  }
  const beside = Object.entries(PAGES).map(([path, get]) => [path, { servers: [{ url: base || '/' }], get }])
  return {
    openapi: '3.1.0',
    info: { title: 'follow-graph', version, description: ABOUT, license: { name: 'MIT', identifier: 'MIT' } },
    servers: [
      { url: base + PREFIX, description: 'The documented base.' },
      { url: base || '/', description: 'The same routes, as clients of api.app.net call them.' },
    ],
    paths: { ...paths, ...Object.fromEntries(beside) },
    components: { schemas: ALL_SCHEMAS, responses: FAILURE_RESPONSES, securitySchemes: SECURITY },
  }
}

// Literal paths that have no GET route of their own, with the route whose pattern answers them.
function literals(): { route: Route; path: string }[] {
  const written = ROUTES.filter(({ path }) => path.endsWith('/me')).map(({ path }) => path)
  return [...new Set(written)].flatMap((path) =>
    ROUTES.filter(
      (route) => route.methods.includes('GET') && route.path === path.replace(/me$/, ':user_id'),
    ).map((route) => ({ route, path })),
  )
}

const template = (path: string) => path.replace(/:(\w+)/g, '{$1}')

function operation(route: Route, method: Method): Operation {
  const body = ['POST', 'PUT', 'PATCH'].includes(method) ? { requestBody: requestBody(route) } : {}
  return {
    operationId: operationId(route, method),
    tags: [tagOf(route.path)],
    summary:
      method === route.methods[0] ? route.about : route.about.replace(/\.$/, ` (${method}, the same).`),
    description: needs(route),
    parameters: parametersOf(route),
    ...body,
    responses: responsesOf(route),
    security: securityOf(route),
  }
}

// PUT is an alias of POST on some routes, and operation ids must be unique.
function operationId(route: Route, method: Method): string {
  const name = route.name.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase())
  return method === route.methods[0] ? name : `${name}By${method[0]}${method.slice(1).toLowerCase()}`
}

function tagOf(path: string): string {
  if (/^\/(token|oauth)\b|\/tokens$/.test(path)) return 'Tokens'
  if (/\/(events|streams)\b/.test(path)) return 'Events'
  if (/^\/webhooks\b/.test(path)) return 'Webhooks'
  if (/^\/users(\/(me|search|:user_id))?$/.test(path)) return 'Users'
  const kind = RELATION_KINDS.find(
    ({ logged: [make], list }) => path.endsWith(`/${make}`) || path.endsWith(`/${list}`),
  )
  return (kind ?? FOLLOWS).tag
}

function needs({ access }: Route): string {
  if (access.token === 'none') return 'Needs no token.'
  const kind = { any: 'a token of either kind', user: 'a user token', app: 'an app token' }[access.token]
  return `Needs ${kind}${access.scope === undefined ? '' : ` with the scope \`${access.scope}\``}.`
}

function securityOf({ access, answers }: Route): Record<string, string[]>[] {
  if (answers === 'AccessToken') return [{ client: [] }, {}]
  const scopes = access.scope === undefined ? [] : [access.scope]
  const tokens = [{ bearer: scopes }, { query: scopes }]
  return access.token === 'none' ? [{}, ...tokens] : tokens
}

function requestBody(route: Route): object {
  const schema = route.body ?? (route.answers === 'AccessToken' ? GRANT : undefined)
  const types = route.accepts ?? ['json', 'form']
  // The example is empty, because tools that generate a body from its schema would send a second token in it.
  const media = schema === undefined ? { schema: BODY_TOKEN, example: {} } : { schema }
  const content = Object.fromEntries(types.map((type) => [MEDIA[type], media]))
  return { required: schema !== undefined && route.bodyOptional !== true, content }
}
