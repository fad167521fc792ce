// Tokens: their two kinds, their scopes, and the format of their texts. No storage, no HTTP.
import { createHash, randomBytes } from 'node:crypto'
import { crc32 } from 'node:zlib'

export const USER_SCOPES = [
  'basic',
  'stream',
  'write_post',
  'follow',
  'public_messages',
  'messages',
  'update_profile',
  'files',
  'export',
] as const
export const APP_SCOPES = ['basic', 'provision', 'events'] as const

/** A valid token. */
export type Token = {
  kind: 'user' | 'app'
  /** The user of a user token; null for an app token. */
  user: { id: bigint; type: string } | null
  scopes: string[]
  app: { client_id: string; name: string; link: string }
  /** How many users its user may follow; null for no limit. */
  maxFollowing: bigint | null
  /** When it expires, in seconds since 1970; null for never. */
  expiresAt: bigint | null
  /** The stored hash; null for a JWT, which cannot be revoked here. */
  hash: string | null
}

const DIGITS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'

function base62(value: bigint, length: number): string {
  let text = ''
  for (let rest = value; rest > 0n; rest /= 62n) text = DIGITS[Number(rest % 62n)] + text
  return text.padStart(length, '0')
}

const random256 = (): string => base62(BigInt(`0x${randomBytes(32).toString('hex')}`), 43)

const checksum = (text: string): string => base62(BigInt(crc32(text)), 6)

/** A new token's text: prefix, 256 random bits, and a checksum, so that most invalid texts are refused without a query. */
export function newTokenText(kind: 'user' | 'app'): string {
  const body = `fg_${kind === 'user' ? 'u' : 'a'}_${random256()}`
  return body + checksum(body)
}

/** `expiresAt` in seconds since 1970, null for never; `now` in milliseconds. */
export const isExpired = (expiresAt: bigint | null, now: number): boolean =>
  expiresAt !== null && expiresAt <= BigInt(Math.floor(now / 1000))

/** A new client's secret. */
export const newSecret = (): string => random256()

/** Whether a text has the form and the checksum of our tokens. */
export function isTokenText(text: string): boolean {
  return /^fg_[ua]_[A-Za-z0-9]{49}$/.test(text) && checksum(text.slice(0, -6)) === text.slice(-6)
}

/** The hash of a token or secret, which is stored. Nobody can guess 256 random bits, so a slow hash would add no security. */
export const hashSecret = (text: string): string => createHash('sha256').update(text).digest('hex')
