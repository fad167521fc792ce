// Says why the API would refuse a value of a profile: for files, which it does not read, and for the command line.

import { faultOf, textFault } from '../http/plain.ts'
import { valueCheck } from '../http/schema.ts'
import { type FieldType, type Image, MAX_ADDRESS, MAX_PIXELS, USER_TYPES } from '../users/field-types.ts'
import { FIELDS, type Field } from '../users/profile-fields.ts'
import { shown } from './shown.ts'

/** A clause that begins with the name of the field and says how to mend the value; undefined if the API takes it. */
export type FaultOf = (value: unknown) => string | undefined

type Checked = Pick<Field, 'type' | 'rules' | 'schema' | 'example'> & { name: string }
/** An error of ajv, as far as the messages need it. */
type Misfit = { keyword: string; instancePath: string; params: Record<string, unknown> }

/** Creates the check of values as profiles hold them. */
export function faultFinder(field: Checked): FaultOf {
  const { name, type, rules, schema } = field
  // Compiled when it is needed: most commands check no values.
  let misfitOf: ReturnType<typeof valueCheck> | undefined
  return (value) => {
    const fault = unstorable(name, value)
    if (fault !== undefined) return clause(fault)
    misfitOf ??= valueCheck(schema)
    const sent = rules.sent === undefined ? value : rules.sent(value)
    const misfit: Misfit | undefined = misfitOf(sent)
    if (misfit !== undefined) return SAY[type]?.(field, value, misfit) ?? generally(field, value, misfit)
    const refusal = rules.refusal?.(sent)
    if (refusal === undefined) return undefined
    return SAY[type]?.(field, value, undefined) ?? clause(`${name} ${refusal}`)
  }
}

/** The check of each field of a profile. */
export const FIELD_FAULTS: ReadonlyMap<string, FaultOf> = new Map(
  FIELDS.map((field) => [field.name, faultFinder(field)]),
)

// Most values are texts, and files have very many.
function unstorable(name: string, value: unknown): string | undefined {
  if (typeof value !== 'string') return faultOf({ [name]: value })
  const fault = textFault(value)
  return fault === undefined ? undefined : `${name} ${fault}`
}

type Sentence<M> = (field: Checked, value: unknown, misfit: M) => string | undefined

const write =
  (what: string): Sentence<unknown> =>
  ({ name }, value) =>
    `${name} is ${shown(value)}: write ${what}`
const ADDRESS = `a valid address that begins with http:// or https://, of up to ${MAX_ADDRESS} characters without spaces, quotes, < and >`

// What is said about fields of some types; of a value that fits the schema there is no `misfit`, and what says nothing then leaves it to the refusal.
const SAY: { [Type in FieldType]?: Sentence<Misfit | undefined> } = {
  username: write('1 to 20 of the letters a-z, digits and _'),
  'user-type': write(`${USER_TYPES.slice(0, -1).join(', ')} or ${USER_TYPES.at(-1)}`),
  timezone: write('a name of the time zone database, such as Europe/Berlin'),
  url: write(ADDRESS),

  integer: (field, value, misfit) => {
    const { minimum, maximum } = field.schema as { minimum: number; maximum: number }
    return write(`an integer from ${minimum} to ${maximum}`)(field, value, misfit)
  },

  image({ name }, value, misfit) {
    const part = misfit === undefined ? 'url' : misfit.instancePath.slice(1)
    const is = (what: unknown, remedy: string) => `${name} has the ${part} ${shown(what)}: write ${remedy}`
    if (part === 'url') return is((value as Image).url, ADDRESS)
    if (part === 'width' || part === 'height')
      return is((value as Image)[part], `an integer from 1 to ${MAX_PIXELS}`)
    return `${name} is ${shown(value)}: it needs a url (http or https), a width and a height in pixels`
  },

  annotations({ name }, value, misfit) {
    if (misfit === undefined) return undefined
    const { instancePath, keyword, params } = misfit
    if (keyword === 'maxItems')
      return `${name} has ${(value as unknown[]).length} entries: shorten it to ${params.limit}`
    if (instancePath === '') return `${name} is ${shown(value)}: write a JSON array`
    const at = Number(instancePath.slice(1))
    return `${name}[${at}] is ${shown((value as unknown[])[at])}: write a JSON object, such as {"type": "…"}`
  },
}

function generally({ name, example }: Checked, value: unknown, { keyword, params }: Misfit): string {
  switch (keyword) {
    case 'maxLength':
      return `${name} is ${[...(value as string)].length} characters long: shorten it to ${params.limit}`
    case 'minLength':
      return `${name} is ${shown(value)}: write at least ${params.limit} character${params.limit === 1 ? '' : 's'}`
    case 'pattern':
      return `${name} is ${shown(value)}: write it in the form ${params.pattern}${example === undefined ? '' : `, such as ${example}`}`
    default:
      return `${name} is ${shown(value)}: write ${params.type === 'boolean' ? 'true or false' : 'a string'}`
  }
}

// Turns a sentence about a request body into a clause: `annotations[0].x holds half a surrogate pair: send whole characters`.
const clause = (sentence: string): string =>
  sentence
    .replace(/\bthe field /, '')
    .replace('; ', ': ')
    .replace(/\.$/, '')
