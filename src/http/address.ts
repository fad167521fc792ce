// Finds the client's address and the service's own origin in a request, with and without trusted proxies.
import type { IncomingMessage } from 'node:http'
import ipaddr from 'ipaddr.js'

/** The parts of a request that are read. */
export type Incoming = Pick<IncomingMessage, 'headers'> & {
  socket: Pick<IncomingMessage['socket'], 'remoteAddress'>
}

// `[2001:db8::1]:443`, `[2001:db8::1]`, `203.0.113.7:5001`; ports may be obfuscated (RFC 7239 section 6).
const WITH_PORT = /^(?:\[([^\]]+)\]|([^:[\]]+))(?::(?:\d{1,5}|_[\w.-]+))?$/
const HOST = /^(?:[a-z0-9_](?:[a-z0-9._-]*[a-z0-9_])?\.?|\[[0-9a-f:.]+\])(?::\d{1,5})?$/i
const UNSPECIFIED = /^(?:0\.0\.0\.0|\[::\])$/

/**
 * The key by which rate limits count a client: its IPv4 address, or the /64 network of its IPv6 address, because a customer
 * gets at least a /64. Behind proxies it is the entry of `X-Forwarded-For` that the outermost trusted proxy wrote. If that entry
 * is not an address (`unknown`, `_hidden`, garbage), the connection's address counts: inventing entries must not give new keys.
 */
export function clientAddress(request: Incoming, trustProxy: number): string {
  const connection = networkOf(request.socket.remoteAddress ?? '') ?? 'unknown'
  return networkOf(entryOf(request, 'x-forwarded-for', trustProxy) ?? '') ?? connection
}

// Each proxy appends an entry, so the trusted ones are the last. Node joins several header lines with commas.
function entryOf(request: Incoming, name: string, trustProxy: number): string | undefined {
  if (trustProxy === 0) return undefined
  const entries = String(request.headers[name] ?? '')
    .split(',')
    .map((entry) =>
      entry
        .trim()
        .replace(/^"(.*)"$/, '$1')
        .trim(),
    )
    .filter((entry) => entry !== '')
  return entries.slice(-trustProxy)[0]
}

function networkOf(text: string): string | undefined {
  const [, inBrackets, plain] = WITH_PORT.exec(text) ?? []
  if (inBrackets === undefined && plain !== undefined)
    return ipaddr.IPv4.isValidFourPartDecimal(plain) ? plain : undefined
  const address = inBrackets ?? text
  if (!ipaddr.IPv6.isValid(address)) return undefined
  const parsed = ipaddr.process(address)
  if (parsed instanceof ipaddr.IPv4) return parsed.toString()
  const zoneless = new ipaddr.IPv6(parsed.parts)
  return `${ipaddr.IPv6.networkAddressFromCIDR(`${zoneless}/64`)}/64`
}

/** A URL for calling a service that listens on `host`; 0.0.0.0 and :: become the loopback address. */
export function localUrl(host: string, port: number): string {
  const name = host.includes(':') ? `[${host}]` : host
  const everywhere: Record<string, string> = { '0.0.0.0': '127.0.0.1', '[::]': '[::1]' }
  return `http://${everywhere[originOf('http', name)?.hostname ?? name] ?? name}:${port}`
}

/**
 * The origin that a client used to reach the service: from the headers of a trusted proxy (`X-Forwarded-Host`,
 * `X-Forwarded-Proto`) or from `Host`. `fallback` if they are missing or not a plain host, so that forged text gets into no answer.
 */
export function requestOrigin(request: Incoming, trustProxy: number, fallback: string): string {
  const proto =
    entryOf(request, 'x-forwarded-proto', trustProxy)?.toLowerCase() === 'https' ? 'https' : 'http'
  for (const host of [entryOf(request, 'x-forwarded-host', trustProxy), request.headers.host]) {
    const url = originOf(proto, host ?? '')
    if (url !== undefined && !UNSPECIFIED.test(url.hostname)) return url.origin
  }
  return fallback
}

function originOf(proto: string, host: string): URL | undefined {
  if (!HOST.test(host) || host.length > 255) return undefined
  return URL.canParse(`${proto}://${host}`) ? new URL(`${proto}://${host}`) : undefined
}
