// The commands `user create`, `token create` and `client create`.
import { wallClock } from '../clock.ts'
import type { Config } from '../config.ts'
import { localUrl } from '../http/address.ts'
import { ApiError } from '../http/errors.ts'
import { MAX_EXPIRES_S } from '../tokens/mint.ts'
import { APP_SCOPES, USER_SCOPES } from '../tokens/token.ts'
import { tokenJson } from '../tokens/view.ts'
import { FIELD_FAULTS, faultFinder } from '../transfer/field-fault.ts'
import { type FieldRules, TYPES } from '../users/field-types.ts'
import { parseReference } from '../users/reference.ts'
import { userJson } from '../users/view.ts'
import { withParts } from './with-parts.ts'

/** Wrong usage of a command: exit status 2. */
export class UsageError extends Error {}

/** The user that a command line names; wrong usage for anything else than an id or a @name. */
export function userGiven(name: string): { id: bigint } | { username: string } {
  const reference = parseReference(name)
  if (reference === null || reference === 'me')
    throw new UsageError(`A user is an id or a @name, not ${name}.`)
  return reference
}

export type UserCommand = {
  id?: string
  username?: string
  name?: string
  type?: string
  description?: string
  data: string
}

/** Creates a user and prints it. */
export async function createUser(config: Config, command: UserCommand): Promise<number> {
  const { id, username, name, type, description } = command
  const reference = id === undefined ? null : parseReference(id)
  if (id !== undefined && (reference === null || typeof reference === 'string' || !('id' in reference))) {
    throw new UsageError(`--id must be a whole number from 1 to 2^63-1, not ${id}.`)
  }
  for (const [field, value] of Object.entries({ username, name, type, description }))
    refuseFault(value === undefined ? undefined : FIELD_FAULTS.get(field)?.(value))
  return withParts(config, command.data, async (parts) => {
    const profile = await withPlainErrors(() =>
      parts.accounts.create({
        ...(reference !== null && typeof reference === 'object' && 'id' in reference
          ? { id: reference.id }
          : {}),
        ...(username === undefined ? {} : { username }),
        ...(name === undefined ? {} : { name }),
        ...(description === undefined ? {} : { description }),
        ...(type === undefined ? {} : { type: type as 'human' | 'feed' | 'bot' }),
      }),
    )
    const [item] = await parts.users.fetch([profile.id], null, { viewer: false, annotations: false })
    if (item === undefined) throw new Error('The user was deleted at once.')
    const publicUrl = config.publicUrl ?? localUrl(config.host, config.port)
    process.stdout.write(
      `${userJson(item, null, { annotations: false, html: true }).replaceAll('\u0001', publicUrl)}\n`,
    )
    return 0
  })
}

export type TokenCommand = { scope?: string; client?: string; expires?: string; data: string }

/** Creates a token and prints it; it is not shown again. */
export async function createToken(config: Config, user: string, command: TokenCommand): Promise<number> {
  userGiven(user)
  const scopes = scopesOf(command.scope ?? 'basic,follow', USER_SCOPES)
  const expires = command.expires === undefined ? null : command.expires
  if (
    expires !== null &&
    !(/^\d+$/.test(expires) && Number(expires) >= 1 && Number(expires) <= MAX_EXPIRES_S)
  )
    throw new UsageError(
      `--expires must be a whole number of seconds from 1 to ${MAX_EXPIRES_S}, not ${expires}.`,
    )
  return withParts(config, command.data, async (parts) => {
    const userId = await withPlainErrors(() => parts.users.resolve(user, null))
    const made = await parts.tokens.create({
      kind: 'user',
      userId,
      clientId: command.client ?? 'follow-graph',
      scopes,
      expiresAt: expires === null ? null : BigInt(Math.floor(wallClock() / 1000)) + BigInt(expires),
    })
    if (made === null)
      throw new Error(
        `There is no user ${user}, or no client ${command.client ?? 'follow-graph'}: create it first.`,
      )
    const [item] = await parts.users.fetch([userId], null, { viewer: false, annotations: false })
    const publicUrl = config.publicUrl ?? localUrl(config.host, config.port)
    const token = tokenJson(
      made.token,
      item === undefined ? null : userJson(item, null, { annotations: false, html: true }),
    )
    process.stdout.write(
      `{"access_token":"${made.text}","token_type":"Bearer","token":${token.replaceAll('\u0001', publicUrl)}}\n`,
    )
    return 0
  })
}

export type ClientCommand = { link?: string; scope?: string; maxFollowing?: string; data: string }

/** Registers a client and prints its client_id and client_secret; the secret is not shown again. */
export async function createClient(config: Config, name: string, command: ClientCommand): Promise<number> {
  const scopes = scopesOf(command.scope ?? 'basic', APP_SCOPES)
  if (name.trim() === '') throw new UsageError('An app needs a name: write one, such as "My app".')
  const { link = '', maxFollowing: most } = command
  refuseFault(linkFault(link))
  if (most !== undefined && !/^\d{1,18}$/.test(most))
    throw new UsageError(`--max-following must be a whole number of at most 18 digits, not ${most}.`)
  return withParts(config, command.data, async (parts) => {
    const maxFollowing = most === undefined ? null : BigInt(most)
    const made = await parts.tokens.createClient({ name, link, scopes, maxFollowing })
    process.stdout.write(`${JSON.stringify(made)}\n`)
    return 0
  })
}

// What the field of a profile takes: an address, or nothing.
const rules = TYPES.url('link')
const linkFault = faultFinder({
  name: 'link',
  type: 'url',
  rules: rules as FieldRules<unknown>,
  schema: rules.schema,
})

function refuseFault(fault: string | undefined): void {
  if (fault !== undefined) throw new UsageError(`--${fault}.`)
}

function scopesOf(text: string, known: readonly string[]): string[] {
  const scopes = text.split(/[ ,]+/).filter((scope) => scope !== '')
  const unknown = scopes.find((scope) => !known.includes(scope))
  if (unknown !== undefined)
    throw new UsageError(`There is no scope ${unknown}; the scopes are ${known.join(', ')}.`)
  return known.filter((scope) => scope === 'basic' || scopes.includes(scope))
}

// Turns an API error into an error for the command line, without the prefix "Bad Request".
async function withPlainErrors<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof ApiError) throw new Error(error.message.replace(/^Bad Request: /, ''))
    throw error
  }
}
