// Checks the fields of a User in a request body: who may write which, and what each must look like. Other fields are ignored.
import type { Body } from '../http/body.ts'
import { badRequest } from '../http/errors.ts'
import { bodyCheck } from '../http/schema.ts'
import { FIELDS, type Field, type Profile, WRITTEN_BY_PROVISION, WRITTEN_BY_USERS } from './profile-fields.ts'

const schemas = (fields: readonly Field[]) =>
  Object.fromEntries(fields.map(({ name, schema }) => [name, schema]))
const names = (fields: readonly Field[]) => fields.map(({ name }) => name)

/** The JSON of PUT users/me. */
export const PUT_ME = {
  type: 'object',
  required: names(WRITTEN_BY_USERS.filter(({ users }) => users === 'put-required')),
  properties: schemas(WRITTEN_BY_USERS.filter(({ users }) => users !== 'patch')),
}
/** The JSON of PATCH users/me. */
export const PATCH_ME = { type: 'object', properties: schemas(WRITTEN_BY_USERS) }
/** The JSON of PUT users/{id}. */
export const PUT_USER = { type: 'object', required: ['username'], properties: schemas(WRITTEN_BY_PROVISION) }
/** The JSON of PATCH users/{id}. */
export const PATCH_USER = { type: 'object', properties: PUT_USER.properties }

/** The fields of a body, checked; a 400 names the field and says how to correct it. */
export const putMeFields = fieldsCheck(PUT_ME, true)
export const patchMeFields = fieldsCheck(PATCH_ME)
export const putUserFields = fieldsCheck(PUT_USER)
export const patchUserFields = fieldsCheck(PATCH_USER)

function fieldsCheck(schema: { properties: object }, resetsFlags = false): (body: Body) => Partial<Profile> {
  const check = bodyCheck<Record<string, unknown>>(schema)
  const accepted = FIELDS.filter(({ name }) => name in schema.properties)
  // A flag that is not sent becomes undefined, which replaces a stored one.
  const reset = resetsFlags ? accepted.filter(({ type }) => type === 'flag') : []
  const unset = Object.fromEntries(reset.map(({ name }) => [name, undefined])) as Partial<Profile>
  return (body) => ({ ...unset, ...checked(check(body), accepted) })
}

function checked(sent: Record<string, unknown>, accepted: Field[]): Partial<Profile> {
  for (const { name, rules } of accepted) {
    const refusal = sent[name] === undefined ? undefined : rules.refusal?.(sent[name])
    if (refusal !== undefined) throw badRequest(`the field ${name} ${refusal}`)
  }
  const own: Partial<Profile> = {}
  for (const { name, rules } of accepted) {
    if (sent[name] === undefined) continue
    Object.assign(own, { [name]: rules.received === undefined ? sent[name] : rules.received(sent[name]) })
  }
  return own
}
