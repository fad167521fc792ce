// Building blocks for the JSON schemas of the API.

export type Schema = Record<string, unknown>

/** The reference to a named schema of SCHEMAS. */
export const ref = (name: string): Schema => ({ $ref: `#/components/schemas/${name}` })

/** An object with these keys and no others; a key whose name ends in `?` is optional. */
export function closed(keys: Record<string, Schema>, more: Schema = {}): Schema {
  const entries = Object.entries(keys)
  return {
    type: 'object',
    required: entries.filter(([key]) => !key.endsWith('?')).map(([key]) => key),
    properties: Object.fromEntries(entries.map(([key, schema]) => [key.replace(/\?$/, ''), schema])),
    additionalProperties: false,
    ...more,
  }
}

export const list = (items: Schema): Schema => ({ type: 'array', items })
/** Keys of which either all are present or none. */
export const together = (keys: string[]): Schema => ({
  dependentRequired: Object.fromEntries(keys.map((key) => [key, keys.filter((other) => other !== key)])),
})

export const text: Schema = { type: 'string' }
export const flag: Schema = { type: 'boolean' }
export const natural: Schema = { type: 'integer', minimum: 0 }
export const id: Schema = {
  type: 'string',
  pattern: '^(0|[1-9]\\d{0,18})$',
  description: 'A 64-bit integer, sent as a string.',
}
const DATE = '^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\dZ$'
export const date: Schema = { type: 'string', pattern: DATE, description: 'UTC, whole seconds.' }
export const dateOrNull: Schema = {
  type: ['string', 'null'],
  pattern: DATE,
  description: 'UTC, whole seconds; null if it is not known.',
}
export const username: Schema = { type: 'string', minLength: 1 }

/** A constant; generators need the type beside it. */
export const constant = (value: string | number | boolean): Schema => ({
  type: typeof value === 'number' ? 'integer' : typeof value,
  const: value,
})
export const oneOfTexts = (values: readonly string[]): Schema => ({
  type: 'string',
  enum: [...new Set(values)],
})
