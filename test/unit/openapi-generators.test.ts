// What generators of clients stumble over, in the whole document; test/clients runs two of them against the live service.
import { describe, expect, it } from 'vitest'
import { openapi } from '../../src/openapi.ts'

type Node = Record<string, unknown>
const document = JSON.parse(openapi()) as Node

/** Every object of a document with its place, JSON pointer and all. */
function* nodes(value: unknown, place = '#'): Generator<[string, Node]> {
  if (typeof value !== 'object' || value === null) return
  if (!Array.isArray(value)) yield [place, value as Node]
  for (const [key, inner] of Object.entries(value))
    yield* nodes(inner, `${place}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`)
}

// Whether an object is a schema: it stands where one does, and not as a map of them by name.
const isSchema = (place: string) =>
  /\/(schema|items|additionalProperties)$|\/(schemas|properties|\$defs)\/[^/]+$|\/(anyOf|oneOf|allOf|prefixItems)\/\d+$/.test(
    place,
  )

/** What a generator would stumble over, a line each. */
function faults(root: Node): string[] {
  const found: string[] = []
  const at = (pointer: string) =>
    pointer
      .slice(2)
      .split('/')
      .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
      .reduce<unknown>((inner, key) => (inner as Node | undefined)?.[key], root)
  for (const [place, node] of nodes(root)) {
    if (typeof node.$ref === 'string' && at(node.$ref) === undefined)
      found.push(`${place}: ${node.$ref} leads nowhere`)
    if (!isSchema(place)) continue
    const types = [node.type].flat()
    const shaped = ['$ref', 'anyOf', 'oneOf', 'allOf'].some((key) => key in node)
    if (types.includes('array') && !('items' in node)) found.push(`${place}: an array without items`)
    if (!shaped && node.type === undefined) found.push(`${place}: no type`)
    if ('const' in node && typeof node.const !== (node.type === 'integer' ? 'number' : node.type))
      found.push(`${place}: a const of another type`)
    for (const value of (node.enum ?? []) as unknown[])
      if (!types.includes(typeof value)) found.push(`${place}: an enum of another type`)
    if (new Set((node.enum ?? []) as unknown[]).size !== ((node.enum ?? []) as unknown[]).length)
      found.push(`${place}: an enum that repeats itself`)
    if ('nullable' in node || 'example' in node || typeof node.exclusiveMinimum === 'boolean')
      found.push(`${place}: a keyword of OpenAPI 3.0`)
    for (const key of (node.required ?? []) as string[])
      if (!Object.hasOwn((node.properties ?? {}) as Node, key))
        found.push(`${place}: ${key} is required and not described`)
    if (types.includes('object') && !('properties' in node) && !('additionalProperties' in node))
      found.push(`${place}: an object of which nothing is said`)
  }
  return found
}

it('has nothing that a generator stumbles over', () => {
  expect(faults(document)).toEqual([])
})

it('names what answers share: no answer has a shape without a name, and what is named is used', () => {
  const text = openapi()
  for (const [place, node] of nodes(document.paths))
    if (
      /\/responses\/\d+\/content\/application~1json\/schema$/.test(place) &&
      !place.startsWith('#/~1health') &&
      !place.startsWith('#/~1openapi')
    )
      expect('$ref' in node || 'anyOf' in node, place).toBe(true)
  const { schemas, responses } = document.components as { schemas: Node; responses: Node }
  for (const name of Object.keys(schemas)) {
    expect(name).toMatch(/^[A-Z][A-Za-z0-9]*$/)
    expect(text, name).toContain(`"#/components/schemas/${name}"`)
  }
  for (const name of Object.keys(responses)) expect(text, name).toContain(`"#/components/responses/${name}"`)
})

it('gives every operation a name that is an identifier, alone in any case, and a tag', () => {
  const operations = [...nodes(document.paths)].filter(([place]) =>
    /^#\/[^/]+\/(get|put|post|delete|patch)$/.test(place),
  )
  expect(operations.length).toBeGreaterThan(30)
  const ids = operations.map(([, { operationId }]) => operationId as string)
  for (const id of ids) expect(id).toMatch(/^[a-z][A-Za-z0-9]*$/)
  expect(new Set(ids.map((id) => id.toLowerCase())).size).toBe(ids.length)
  for (const [place, { tags }] of operations) expect(tags, place).toHaveLength(1)
})

describe('the check is awake for', () => {
  const with_ = (schema: Node) => ({ components: { schemas: { A: schema } } })
  it.each<[string, Node]>([
    ['an array without items', { type: 'array' }],
    ['a const without a type', { const: 1 }],
    ['a const of another type', { type: 'string', const: 1 }],
    ['an enum without a type', { enum: ['a'] }],
    ['a $ref that leads nowhere', { $ref: '#/components/schemas/B' }],
    ['nullable', { type: 'string', nullable: true }],
    ['an open object', { type: 'object' }],
    [
      'a deep one',
      { type: 'object', properties: { a: { type: 'array', items: { oneOf: [{ type: 'array' }] } } } },
    ],
    ['a requirement of nothing', { type: 'object', properties: {}, required: ['a'] }],
  ])('%s', (_, schema) => {
    expect(faults(with_(schema))).not.toEqual([])
  })
})
