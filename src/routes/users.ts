// The handlers of users: reading one or many, and writing a profile as its user or as the account system.

import { type Answer, RawJson } from '../http/answer.ts'
import { ApiError, badRequest } from '../http/errors.ts'
import type { Parts } from '../parts.ts'
import { patchMeFields, patchUserFields, putMeFields, putUserFields } from '../users/fields.ts'
import { itemId } from '../users/item.ts'
import type { Profile } from '../users/profile.ts'
import { parseReference } from '../users/reference.ts'
import { showOf } from '../users/show.ts'
import { noSuchUser } from '../users/users.ts'
import { itemForm, userJson } from '../users/view.ts'
import { type Call, viewerOf } from './call.ts'

const MAX_USERS = 200

// Writing handlers read `show` before they write, so that a wrong parameter changes nothing.
async function answerUser(parts: Parts, call: Call, id: bigint, show = showOf(call.query)): Promise<Answer> {
  const viewer = viewerOf(call)
  const [item] = await parts.users.fetch([id], viewer?.id ?? null, itemForm(viewer, show))
  if (item === undefined) throw noSuchUser()
  return { data: new RawJson(userJson(item, viewer, show)) }
}

/** `GET users/{user_id}`. */
export async function showUser(parts: Parts, call: Call): Promise<Answer> {
  return answerUser(parts, call, await parts.users.resolve(call.params.user_id as string, call.token))
}

/** `GET users?ids=1,@bo`: in the order of `ids`; unknown users are left out. */
export async function showUsers(parts: Parts, call: Call): Promise<Answer> {
  const references = referencesOf(call.query.getAll('ids'), 'ids')
  const show = showOf(call.query)
  const viewer = viewerOf(call)
  const ids: bigint[] = []
  for (const id of await Promise.all(references.map((text) => resolveOrNull(parts, call, text))))
    if (id !== null) ids.push(id)
  // Each user once, however often it is named: with large annotations 200 times the same one took a second.
  const distinct = [...new Set(ids)]
  const items =
    ids.length === 0 ? [] : await parts.users.fetch(distinct, viewer?.id ?? null, itemForm(viewer, show))
  const texts = new Map(items.map((item) => [itemId(item), userJson(item, viewer, show)]))
  return { data: new RawJson(`[${ids.flatMap((id) => texts.get(String(id)) ?? []).join(',')}]`) }
}

/** The references in a list parameter, comma separated and repeatable; throws a 400 if there are none, an empty one or more than 200. */
export function referencesOf(values: string[], name: string): string[] {
  if (values.length === 0)
    throw badRequest(`the parameter ${name} is missing; send ids or @usernames, comma separated.`)
  const references = values.flatMap((value) => value.split(',').map((text) => text.trim()))
  if (references.some((text) => text === ''))
    throw badRequest(`the parameter ${name} holds an empty entry; send ids or @usernames, comma separated.`)
  if (references.length > MAX_USERS)
    throw badRequest(`the parameter ${name} names ${references.length} users; send at most ${MAX_USERS}.`)
  return references
}

/** Like `resolve`, but null for an unknown username. A numeric id is returned even if no user has it. */
export async function resolveOrNull(parts: Parts, call: Call, text: string): Promise<bigint | null> {
  const reference = parseReference(text)
  if (reference === null) return null
  if (reference === 'me') return parts.users.resolve(text, call.token)
  return 'id' in reference ? reference.id : parts.users.findByUsername(reference.username)
}

/** `PUT` and `PATCH users/me`. */
export const writeMe =
  (whole: boolean) =>
  async (parts: Parts, call: Call): Promise<Answer> => {
    const fields = whole ? putMeFields(call.body) : patchMeFields(call.body)
    const show = showOf(call.query)
    const id = viewerOf(call)?.id
    if (id === undefined) throw new Error('a profile needs a user token: see routes/table.ts')
    const next = (stored: Profile | null) => ({ ...(stored as Profile), ...fields })
    const written = await parts.accounts.change(id, false, next, true)
    if (written === null) throw noSuchUser()
    return answerUser(parts, call, id, show)
  }

/** `PUT users/{id}`: the platform's account system creates or replaces a user. */
export async function provisionUser(parts: Parts, call: Call): Promise<Answer> {
  const id = provisionedId(call)
  const fields = putUserFields(call.body)
  const show = showOf(call.query)
  await parts.accounts.change(id, true, (stored) => ({
    ...fields,
    id,
    ...(stored?.created_at === undefined ? {} : { created_at: stored.created_at }),
    ...(stored?.moved_to === undefined ? {} : { moved_to: stored.moved_to }),
  }))
  return answerUser(parts, call, id, show)
}

/** `PATCH users/{id}`: the account system changes some fields of a user. */
export async function patchUser(parts: Parts, call: Call): Promise<Answer> {
  const id = provisionedId(call)
  const fields = patchUserFields(call.body)
  const show = showOf(call.query)
  const next = (stored: Profile | null) => ({
    ...(stored as Profile),
    ...fields,
    // created_at can only be set when the user is created.
    ...(stored?.created_at === undefined ? {} : { created_at: stored.created_at }),
  })
  const written = await parts.accounts.change(id, false, next, fields.username === undefined)
  if (written === null) throw noSuchUser()
  return answerUser(parts, call, id, show)
}

/** `DELETE users/{id}`: answers with the User as it was. */
export async function deprovisionUser(parts: Parts, call: Call): Promise<Answer> {
  const id = provisionedId(call)
  const answer = await answerUser(parts, call, id).catch(async (error: unknown) => {
    // If a deletion was interrupted, the user is not found any more; the same call finishes it.
    if (error instanceof ApiError && error.slug === 'not-found' && (await parts.accounts.remove(id)))
      return null
    throw error
  })
  if (answer === null) return { data: { id: String(id) } }
  await parts.accounts.remove(id)
  return answer
}

/** The user id in the path of a route of the account system; routes/table.ts accepts only numbers there. */
export function provisionedId(call: Call): bigint {
  const reference = parseReference(call.params.user_id as string)
  if (reference === null || typeof reference === 'string' || !('id' in reference)) throw noSuchUser()
  return reference.id
}
