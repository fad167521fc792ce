// Checks a JSON body against a JSON schema: a body that does not fit is a 400 that names the field and says how to mend it.
import { Ajv2020, type ErrorObject } from 'ajv/dist/2020.js'
import type { Body } from './body.ts'
import { badRequest } from './errors.ts'
import { named } from './plain.ts'

const ajv = new Ajv2020({ strict: true, allErrors: false, strictRequired: false })

/** A better sentence than the general one, where there is one. */
export type Sentence = (error: ErrorObject) => string | undefined

/** Compiles a schema into a check that answers the value of a body, or throws the 400. */
export function bodyCheck<T>(schema: object, sentence: Sentence = () => undefined): (body: Body) => T {
  const validate = ajv.compile<T>(schema)
  return (body) => {
    const value: unknown = body.type === 'json' ? body.value : undefined
    if (value === undefined) throw badRequest('the body must be a JSON object.')
    if (validate(value)) return value
    const [error] = validate.errors ?? []
    throw badRequest(
      error === undefined ? 'the body is not what this route takes.' : (sentence(error) ?? remedy(error)),
    )
  }
}

/** Compiles a schema into a check of one value: the first error, or undefined if the value fits. */
export function valueCheck(schema: object): (value: unknown) => ErrorObject | undefined {
  const validate = ajv.compile(schema)
  return (value) => (validate(value) ? undefined : validate.errors?.[0])
}

/** One sentence from one error of ajv: which field, and how to mend it. */
function remedy(error: ErrorObject): string {
  const path = pathOf(error.instancePath)
  const place = named(path)
  switch (error.keyword) {
    case 'required':
      return `${named([...path, String(error.params.missingProperty)])} is missing; send it.`
    case 'type':
      return `${place} must be of the type ${error.params.type}.`
    case 'enum':
      return `${place} must be one of ${(error.params.allowedValues as string[]).join(', ')}.`
    case 'pattern':
      return `${place} does not have the form ${error.params.pattern}.`
    default:
      return `${place} ${error.message ?? 'is not valid'}.`
  }
}

// The parts of a JSON pointer (RFC 6901); digits are places in a list, for no field of a schema is named by digits.
const pathOf = (pointer: string): (string | number)[] =>
  pointer
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
    .map((part) => (/^\d+$/.test(part) ? Number(part) : part))
