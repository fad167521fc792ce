// Checks the URL of a webhook and the addresses that its host resolves to; deliveries go to the checked addresses only.

import ipaddr from 'ipaddr.js'
import { clearTimeout, setTimeout } from '../clock.ts'

/** An address that a name resolved to. */
export type Address = { address: string; family: number }

/** Resolves a host name to all its addresses; rejects if it has none. The signal ends what can be ended. */
export type Resolve = (hostname: string, signal: AbortSignal) => Promise<Address[]>

/** A URL or an address that is not allowed. The message does not contain the addresses that a name resolved to. */
export class AddressError extends Error {}

const MAX_CHARACTERS = 2_000
// The range of IPv6 that has the public addresses.
const GLOBAL_UNICAST = ipaddr.IPv6.parseCIDR('2000::/3')
// Translates to IPv4 for hosts that have only IPv6; the last four bytes are the IPv4 address.
const NAT64 = ipaddr.IPv6.parseCIDR('64:ff9b::/96')

const NOT_PUBLIC =
  'its host is, or resolves to, an address that is not public (private, loopback, link-local or reserved); use one that the internet can reach'

/** Whether an address belongs to the public internet; false for text that is not an address. */
export function isPublic(text: string): boolean {
  if (!ipaddr.isValid(text)) return false
  const address = ipaddr.parse(text)
  if (!(address instanceof ipaddr.IPv6)) return address.range() === 'unicast'
  if (address.zoneId) return false
  if (address.match(NAT64)) return isPublic(address.toByteArray().slice(12).join('.'))
  return address.match(GLOBAL_UNICAST) && address.range() === 'unicast'
}

/** Parses and checks a webhook's URL as far as possible without resolving its host. Throws AddressError. */
export function parseUrl(text: string, allowPrivate: boolean): URL {
  const url = URL.canParse(text) ? new URL(text) : null
  // biome-ignore lint/suspicious/noControlCharactersInRegex: URL leaves control characters out instead of refusing them
  if (url === null || /[\s\u0000-\u001f\u007f\\]/.test(text) || !/^[a-z]+:\/\//i.test(text))
    throw new AddressError('it must be a whole address such as https://example.org/hook')
  if (text.length > MAX_CHARACTERS)
    throw new AddressError(`it must be at most ${MAX_CHARACTERS} characters long`)
  if (url.protocol !== 'https:' && !(allowPrivate && url.protocol === 'http:'))
    throw new AddressError('it must begin with https://')
  if (url.username !== '' || url.password !== '')
    throw new AddressError('it must not hold a user name or a password; put a secret into its path or query')
  if (!allowPrivate && isLocal(url)) throw new AddressError(NOT_PUBLIC)
  return url
}

// Of host names only `localhost` is local by definition; others are judged by the addresses that they resolve to.
function isLocal(url: URL): boolean {
  const literal = literalOf(url)
  if (literal !== null) return !isPublic(literal)
  return /(^|\.)localhost$/.test(hostOf(url))
}

const hostOf = (url: URL): string => url.hostname.toLowerCase().replace(/\.+$/, '')

// URL normalizes every notation of an IPv4 address (decimal, hexadecimal, octal, short).
function literalOf(url: URL): string | null {
  const host = hostOf(url).replace(/^\[(.*)\]$/, '$1')
  return ipaddr.isValid(host) ? host : null
}

/**
 * The checked addresses of a URL's host, to which the connection is pinned. Throws AddressError if one of them is not public,
 * the error of `resolve` if the name does not resolve, and an AbortError as soon as the signal is aborted.
 */
export async function addressesOf(
  url: URL,
  allowPrivate: boolean,
  resolve: Resolve,
  signal: AbortSignal,
): Promise<Address[]> {
  const literal = literalOf(url)
  const found =
    literal === null
      ? await unlessAborted(resolve(url.hostname, signal), signal)
      : [{ address: literal, family: ipaddr.parse(literal).kind() === 'ipv4' ? 4 : 6 }]
  if (found.length === 0) throw Object.assign(new Error('no address'), { code: 'ENOTFOUND' })
  if (!allowPrivate && !found.every(({ address }) => isPublic(address))) throw new AddressError(NOT_PUBLIC)
  return found
}

/**
 * Whether a URL uses http or a private address: only instances that allow those deliver it. A name that does not resolve
 * within `ms` is accepted, and counts as private if private addresses are allowed. Throws AddressError.
 */
export async function needsPrivate(
  url: URL,
  allowPrivate: boolean,
  resolve: Resolve,
  ms: number,
): Promise<boolean> {
  if (url.protocol === 'http:' || isLocal(url)) return true
  const over = new AbortController()
  const timer = setTimeout(() => over.abort(), ms)
  const found = await addressesOf(url, allowPrivate, resolve, over.signal)
    .catch((error: unknown) => {
      if (error instanceof AddressError) throw error
      return null
    })
    .finally(() => clearTimeout(timer))
  if (found === null) return allowPrivate
  return !found.every(({ address }) => isPublic(address))
}

function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return Promise.race([
    work,
    new Promise<never>((_, reject) => {
      const abort = () => reject(new DOMException('aborted', 'AbortError'))
      if (signal.aborted) abort()
      else signal.addEventListener('abort', abort, { once: true })
    }),
  ])
}
