// Checks the arguments that tests pass to the kit; a wrong one throws a sentence before anything is written.

import { isDate } from 'node:util/types'
import { MAX_TIMER_MS } from '../clock.ts'
import { SETTINGS } from '../config/settings.ts'
import { EVENT_TYPES, type EventType, isEventId } from '../events/kinds.ts'
import { ApiError } from '../http/errors.ts'
import { putUserFields } from '../users/fields.ts'
import { type Profile, WRITTEN_BY_PROVISION } from '../users/profile-fields.ts'
import { parseReference } from '../users/reference.ts'

// Environment variables that are read like settings but are not in the table of settings.
const OTHER_VARIABLES = ['JAVA_HOME', 'DOCKER_HOST', 'XDG_CACHE_HOME']

const NEW_USER = ['id', ...WRITTEN_BY_PROVISION.map(({ name }) => name)]

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const show = (value: unknown): string => (typeof value === 'string' ? JSON.stringify(value) : String(value))

const listed = (names: readonly string[]): string => names.join(', ')

/** The given entries without undefined ones; throws if one has an unknown name. */
function known(what: string, kind: string, given: Record<string, unknown>, names: readonly string[]) {
  const entries = Object.entries(given).filter(([, value]) => value !== undefined)
  const unknown = entries.find(([name]) => !names.includes(name))
  if (unknown !== undefined)
    throw new TypeError(`${what}: there is no ${kind} ${unknown[0]}; the ${kind}s are ${listed(names)}.`)
  return Object.fromEntries(entries)
}

/** The id of a user, from the result of `createUser` or from the id itself. */
export function userIdOf(user: unknown): bigint {
  const id = isObject(user) ? user.id : user
  const text = typeof id === 'bigint' || Number.isSafeInteger(id) ? String(id) : id
  const reference = typeof text === 'string' ? parseReference(text) : null
  if (reference === null || typeof reference === 'string' || !('id' in reference))
    throw new TypeError(`${show(id)} is not a user id: give the result of createUser(), or its id.`)
  return reference.id
}

/** The fields of a new user, checked as in `PUT users/{id}`. */
export function userFieldsOf(given: unknown): Partial<Profile> & { id?: bigint } {
  if (!isObject(given))
    throw new TypeError("createUser takes an object of fields, such as { username: 'ada' }.")
  const { id, ...fields } = known('createUser', 'field', given, NEW_USER)
  if (typeof fields.created_at === 'number')
    throw new TypeError(
      `createUser: the field created_at must be a Date or a text such as 2012-12-31T13:22:55Z; for milliseconds give new Date(${fields.created_at}).`,
    )
  if (isDate(fields.created_at)) {
    if (Number.isNaN(fields.created_at.getTime()))
      throw new TypeError('createUser: the field created_at is a Date that is not valid.')
    fields.created_at = `${fields.created_at.toISOString().replace(/\.\d+Z$/, '')}Z`
  }
  if ('description' in fields && !isObject(fields.description))
    fields.description = { text: fields.description }
  const named = { username: 'nobody', ...fields }
  const { username, ...checked } = withPlainErrors(() =>
    putUserFields({ type: 'json', value: asJson(named) }),
  )
  return {
    ...checked,
    ...('username' in fields && username !== undefined ? { username } : {}),
    ...(id === undefined ? {} : { id: newIdOf(id) }),
  }
}

function newIdOf(id: unknown): bigint {
  try {
    return userIdOf(id)
  } catch {
    throw new TypeError(
      `createUser: the field id must be a whole number from 1 to 2^63-1, not ${show(id)}; beyond 2^53 give a text or a bigint.`,
    )
  }
}

// Converts fields to the JSON that the API would get.
function asJson(fields: Record<string, unknown>): unknown {
  try {
    return JSON.parse(JSON.stringify(fields))
  } catch (error) {
    throw new TypeError(`createUser: the fields are not JSON: ${(error as Error).message}`)
  }
}

/** Runs `work`; an API error becomes an error for the author of the test. */
function withPlainErrors<T>(work: () => T): T {
  try {
    return work()
  } catch (error) {
    throw plain(error)
  }
}

/** Turns an API error into a TypeError for the author of a test; other errors stay as they are. */
export const plain = (error: unknown): unknown =>
  error instanceof ApiError
    ? new TypeError(`createUser: ${error.message.replace(/^Bad Request: /, '')}`, { cause: error })
    : error

/** The scopes of a token; `basic` is always added. */
export function scopesOf(what: string, given: unknown, names: readonly string[]): string[] {
  if (!Array.isArray(given))
    throw new TypeError(`${what}: the scopes must be a list, such as ['${names.at(-1)}'].`)
  const unknown = given.find((scope) => !names.includes(scope))
  if (unknown !== undefined)
    throw new TypeError(`${what}: there is no scope ${show(unknown)}; the scopes are ${listed(names)}.`)
  return [...new Set(['basic', ...(given as string[])])]
}

/** The options of `events()`: a known position and known types. */
export function eventOptionsOf(given: unknown): { since?: string; types?: EventType[] } {
  if (!isObject(given)) throw new TypeError("events takes an object, such as { types: ['user_follow'] }.")
  const options = known('events', 'option', given, ['since', 'types'])
  const { since, types = [] } = options
  if (since !== undefined && !(typeof since === 'string' && isEventId(since)))
    throw new TypeError(`events: since must be the id of an event as a text, not ${show(since)}.`)
  if (!Array.isArray(types)) throw new TypeError("events: types must be a list, such as ['user_follow'].")
  for (const type of types) eventTypeOf('events', type)
  return options
}

/** The type of an event. */
export function eventTypeOf(what: string, type: unknown): EventType {
  if (!(EVENT_TYPES as readonly unknown[]).includes(type))
    throw new TypeError(`${what}: there is no type ${show(type)}; the types are ${listed(EVENT_TYPES)}.`)
  return type as EventType
}

/** For how long a test waits. */
export function waitOf(what: string, ms: unknown): number | undefined {
  if (ms === undefined || (typeof ms === 'number' && ms >= 0 && ms <= MAX_TIMER_MS)) return ms
  throw new TypeError(
    `${what}: the milliseconds must be a number from 0 to ${MAX_TIMER_MS}, not ${show(ms)}.`,
  )
}

/** The settings for the service: the kit's own, replaced by those in the options. */
export function settingsOf(options: unknown, own: Record<string, string>): Record<string, string> {
  if (!isObject(options))
    throw new TypeError('startFollowGraph takes an object, such as { settings: { … } }.')
  const { settings = {}, neo4j } = known('startFollowGraph', 'option', options, ['neo4j', 'settings'])
  if (!isObject(settings)) throw new TypeError('startFollowGraph: settings must be an object of texts.')
  const names = [...Object.keys(SETTINGS), ...OTHER_VARIABLES]
  const all = { ...own }
  for (const [name, value] of Object.entries(known('startFollowGraph', 'setting', settings, names))) {
    if (typeof value !== 'string' && typeof value !== 'number')
      throw new TypeError(`startFollowGraph: the setting ${name} must be a text, not ${show(value)}.`)
    all[name] = String(value)
  }
  return neo4j === undefined ? all : { ...all, ...connectionSettings(neo4j) }
}

// All settings of a connection: parts that are left out get defaults, not the environment's values, which may be for another database.
function connectionSettings(given: unknown): Record<string, string> {
  if (!isObject(given)) throw new TypeError('startFollowGraph: neo4j must be an object, { uri, password }.')
  const parts = known('startFollowGraph: neo4j', 'key', given, [
    'uri',
    'username',
    'password',
    'database',
    'version',
  ])
  const wrong = Object.entries(parts).find(([, value]) => typeof value !== 'string')
  if (wrong !== undefined)
    throw new TypeError(`startFollowGraph: neo4j.${wrong[0]} must be a text, not ${show(wrong[1])}.`)
  const { uri, username = '', password, database = '' } = parts as Record<string, string | undefined>
  if (uri === undefined || uri === '' || password === undefined)
    throw new TypeError(
      'startFollowGraph: neo4j needs uri and password (an empty one where the database has no login); leave neo4j out to get an ephemeral database.',
    )
  return { NEO4J_URI: uri, NEO4J_USERNAME: username, NEO4J_PASSWORD: password, NEO4J_DATABASE: database }
}
