// Validates answers of a running service against its OpenAPI description.
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js'
import { responseSchemas } from '../../src/openapi.ts'

const ajv = new Ajv2020({ strict: true, strictRequired: false, allErrors: true })
const schemas = responseSchemas()
const compiled = new Map<string, ValidateFunction>()

/** What is wrong with an answer by the schema of its route and status; null where nothing is. */
export function faults(method: string, path: string, answer: { status: number; body: unknown }): unknown {
  const key = `${method} ${path} ${answer.status}`
  const schema = schemas[key]
  if (schema === undefined) return `the description knows no ${key}`
  const validate = compiled.get(key) ?? ajv.compile(schema)
  compiled.set(key, validate)
  return validate(answer.body) ? null : validate.errors
}

/** Whether the description has this status for this route at all. */
export const described = (method: string, path: string, status: number): boolean =>
  Object.hasOwn(schemas, `${method} ${path} ${status}`)
