// Knows how src/client/types.ts and src/client/calls.ts are made from the API's own description; test/unit/client-types.test.ts fails where
// they differ.
import { execFileSync } from 'node:child_process'
import { ERRORS } from '../../src/http/errors.ts'
import { openapi } from '../../src/openapi.ts'
import { ROUTES } from '../../src/routes/table.ts'

type Schema = { [key: string]: unknown; description?: string }
type Parameter = { name: string; in: string; required?: boolean; schema: Schema; description: string }
type Operation = {
  operationId: string
  summary: string
  parameters: Parameter[]
  requestBody?: { required: boolean; content: Record<string, { schema: Schema; example?: object }> }
  responses: Record<string, { content: Record<string, { schema: Schema }> }>
}
type Description = {
  paths: Record<string, Record<string, Operation>>
  components: { schemas: Record<string, Schema> }
}

const OWN_FORMS = ['json', 'form'] as const
const MEDIA = { json: 'application/json', form: 'application/x-www-form-urlencoded' }
// Query parameters that hold several values; the client joins a list with commas.
const LISTS = ['ids', 'targets', 'types']

// Parameters that many calls share, as types of their own.
const GROUPS: Record<string, string[]> = {
  Show: ['include_annotations', 'include_user_annotations', 'include_html'],
  Page: ['count', 'before_id', 'since_id', 'q'],
  Sorted: ['sort', 'cursor'],
  OfUser: ['user_id'],
}

const comment = (text: string | undefined) => (text === undefined ? '' : `/** ${text} */\n`)

/** The TypeScript type of a JSON schema of the kinds that src/openapi/ uses. */
function typeOf(schema: Schema): string {
  const { $ref, type, items, properties } = schema
  if (typeof $ref === 'string') return $ref.split('/').at(-1) as string
  if (schema.const !== undefined) return JSON.stringify(schema.const)
  if (Array.isArray(schema.enum)) return schema.enum.map((value) => JSON.stringify(value)).join(' | ')
  const either = (schema.oneOf ?? schema.anyOf) as Schema[] | undefined
  if (either !== undefined) return either.map(typeOf).join(' | ')
  if (Array.isArray(type)) return type.map((one) => typeOf({ ...schema, type: one })).join(' | ')
  if (type === 'array') return `(${typeOf(items as Schema)})[]`
  if (type === 'object' && properties === undefined) return 'Record<string, unknown>'
  if (type === 'object') return objectType(schema)
  if (type === 'integer') return schema.minimum === 0 && schema.maximum === 1 ? '0 | 1' : 'number'
  if (type === 'string' || type === 'number' || type === 'boolean' || type === 'null') return type
  throw new Error(`test/house/client-types.ts knows no type for ${JSON.stringify(schema)}`)
}

function objectType({ properties, required = [] }: Schema): string {
  const needed = required as string[]
  const keys = Object.entries(properties as Record<string, Schema>).map(
    ([key, schema]) =>
      `${comment(schema.description)}${key}${needed.includes(key) ? '' : '?'}: ${typeOf(schema)}`,
  )
  return `{\n${keys.join('\n')}\n}`
}

/** The type of a named schema: what has all properties of a User is a User with more. */
function namedType(name: string, schema: Schema, user: Schema): string {
  const own = Object.keys((schema.properties ?? {}) as object)
  const inherited = Object.keys(user.properties as object)
  if (name === 'User' || !inherited.every((key) => own.includes(key))) return typeOf(schema)
  const more = Object.entries(schema.properties as object).filter(([key]) => !inherited.includes(key))
  return `User & ${objectType({ ...schema, properties: Object.fromEntries(more) })}`
}

const paramsOf = ({ parameters }: Operation) =>
  parameters.filter(({ name, in: place }) => place === 'path' || (place === 'query' && name !== 'callback'))

const paramType = ({ name, description, required = false, schema }: Parameter): string =>
  `${comment(description)}${name}${required ? '' : '?'}: ${LISTS.includes(name) ? 'string | readonly string[]' : typeOf(schema)}`

function callOf(operation: Operation, groups: Map<string, Parameter[]>): string {
  let left = paramsOf(operation)
  const types: string[] = []
  for (const [group, members] of groups) {
    const shared = left.filter((param) => members.some((member) => paramType(member) === paramType(param)))
    if (shared.length < members.length) continue
    left = left.filter((param) => !shared.includes(param))
    types.push(group)
  }
  const own = left.map(paramType)
  const body = bodyOf(operation)
  if (body !== undefined)
    own.push(`body${operation.requestBody?.required ? '' : '?'}: ${typeOf(body.schema)}`)
  if (own.length > 0) types.unshift(`{\n${own.join('\n')}\n}`)
  const answer = operation.responses[200]?.content['application/json']?.schema as Schema
  return `${comment(operation.summary)}${operation.operationId}: { params: ${types.join(' & ') || 'NoParams'}; answer: types.${typeOf(answer)} }`
}

// A body that may only carry a token is none: the client sends its token in the header.
function bodyOf({ requestBody }: Operation) {
  const form = OWN_FORMS.find((one) => requestBody?.content[MEDIA[one]] !== undefined)
  const media = form === undefined ? undefined : requestBody?.content[MEDIA[form]]
  return media === undefined || media.example !== undefined ? undefined : { form, schema: media.schema }
}

const named = (names: string[]) => names.map((name) => JSON.stringify(name)).join(' | ')

/** The texts of the two files, formatted as the others are. */
export function clientFiles(): Record<string, string> {
  const { paths, components } = JSON.parse(openapi()) as Description
  const operations = ROUTES.map((route) => {
    const path = route.path.replace(/:(\w+)/g, '{$1}')
    return { route, path, operation: paths[path]?.[(route.methods[0] as string).toLowerCase()] as Operation }
  })
  const namesOf = (answers: string[]) =>
    operations
      .filter(({ route }) => answers.includes(route.answers))
      .map(({ operation }) => operation.operationId)
  const made =
    '// Long, because it is made: from the table of routes, by UPDATE_DOCS=1 npx vitest run test/unit/client-types.test.ts. Do not edit it.'
  const slugs = `export type ErrorSlug = ${named(Object.keys(ERRORS))}`
  // Of the failures the client reads what all have in common: FollowGraphError.
  const schemas = Object.entries(components.schemas).filter(([name]) => !/^Failure\d/.test(name))
  const members = Object.entries(GROUPS).map(([group, names]): [string, Parameter[]] => {
    const one = operations.find(({ operation }) =>
      names.every((name) => paramsOf(operation).some((param) => param.name === name)),
    )
    return [group, paramsOf(one?.operation as Operation).filter(({ name }) => names.includes(name))]
  })
  const groups = members.map(([group, params]) => `type ${group} = {\n${params.map(paramType).join('\n')}\n}`)
  const calls = operations.map(({ operation }) => callOf(operation, new Map(members)))
  const rows = operations.map(({ route, path, operation }) => {
    const form = bodyOf(operation)?.form
    return `${operation.operationId}: [${[route.methods[0], path, ...(form === undefined ? [] : [form])].map((text) => JSON.stringify(text)).join(', ')}],`
  })
  return {
    'src/client/types.ts': formatted(`// The types of what the API answers.\n${made}\n
${schemas.map(([name, schema]) => `${comment(schema.description)}export type ${name} = ${namedType(name, schema, components.schemas.User as Schema)}`).join('\n')}

/** What went wrong, one word per kind of error. */
${slugs}
`),
    'src/client/calls.ts':
      formatted(`// The calls of the API: where each goes, what it takes and what it answers.\n${made}\n
import type * as types from './types.ts'

/** Method, path and, where there is a body, its type. */
export const CALLS = {\n${rows.join('\n')}\n} as const

type NoParams = Record<never, never>
${groups.join('\n')}

export type Calls = {\n${calls.join('\n')}\n}

/** Calls that answer a page of a list. */
export type PageName = ${named(namesOf(['Page', 'Ids']))}
/** Calls that answer events without end. */
export type StreamName = ${named(namesOf(['EventStream']))}
`),
  }
}

const formatted = (text: string): string =>
  execFileSync(
    process.execPath,
    ['node_modules/@biomejs/biome/bin/biome', 'format', '--stdin-file-path=src/client/made.ts'],
    {
      input: text,
      encoding: 'utf8',
    },
  )
