// Sends one message, signed by Standard Webhooks, to a receiver: only to checked addresses, without redirects, within ten seconds.

import { request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'
import { createRequire } from 'node:module'
import type { LookupFunction } from 'node:net'
import { Webhook } from 'standardwebhooks'
import { clearTimeout, setTimeout, wallClock } from '../clock.ts'
import { type Address, AddressError, addressesOf, parseUrl, type Resolve } from './address.ts'
import { resolveName } from './resolve.ts'

const { version } = createRequire(import.meta.url)('../../package.json') as { version: string }

/** The URL to send to, and the secret for the signature. */
export type Receiver = { url: string; secret: string; allowPrivate: boolean }
/** The id stays the same when the same message is sent again. */
export type Message = { id: string; body: string }

/** `kind` is the label of the metric. */
export type Outcome =
  | { kind: 'delivered'; status: number; error: null }
  | { kind: 'refused' | 'unreachable' | 'timeout' | 'address'; status: number | null; error: string }

export type Sending = {
  resolve?: Resolve
  /** Aborted when the service stops. */
  signal?: AbortSignal
  timeoutMs?: number
}

const TIMEOUT_MS = 10_000
// A receiver's body is discarded; after this many bytes the connection is closed.
const MAX_BYTES = 4_096

/** Sends a message once. Never throws: the outcome says what went wrong. */
export async function send(receiver: Receiver, message: Message, sending: Sending = {}): Promise<Outcome> {
  const { resolve = resolveName, timeoutMs = TIMEOUT_MS } = sending
  let late = false
  const over = new AbortController()
  const { signal } = over
  const timer = setTimeout(() => {
    late = true
    over.abort()
  }, timeoutMs)
  const stop = () => over.abort()
  if (sending.signal?.aborted) stop()
  else sending.signal?.addEventListener('abort', stop)
  try {
    const url = parseUrl(receiver.url, receiver.allowPrivate)
    const addresses = await addressesOf(url, receiver.allowPrivate, resolve, signal)
    const status = await post(url, addresses, headersOf(receiver, message), message.body, signal)
    if (status >= 200 && status <= 299) return { kind: 'delivered', status, error: null }
    const redirects = status >= 300 && status <= 399 ? ' Redirects are not followed.' : ''
    return { kind: 'refused', status, error: `The receiver answered ${status}.${redirects}` }
  } catch (error) {
    if (error instanceof AddressError)
      return { kind: 'address', status: null, error: `The url is not called: ${error.message}.` }
    if (late)
      return {
        kind: 'timeout',
        status: null,
        error: `The receiver did not answer within ${timeoutMs / 1000} s.`,
      }
    return { kind: 'unreachable', status: null, error: `The receiver cannot be reached (${codeOf(error)}).` }
  } finally {
    clearTimeout(timer)
    sending.signal?.removeEventListener('abort', stop)
  }
}

// A code such as ECONNREFUSED or CERT_HAS_EXPIRED, never the error's message: that may quote what was sent.
function codeOf(error: unknown): string {
  const { code, name } = error as NodeJS.ErrnoException
  return code ?? name ?? 'error'
}

function headersOf({ secret }: Receiver, { id, body }: Message): Record<string, string> {
  const now = new Date(wallClock())
  return {
    'Content-Type': 'application/json; charset=utf-8',
    'Content-Length': String(Buffer.byteLength(body)),
    'User-Agent': `follow-graph/${version}`,
    'webhook-id': id,
    'webhook-timestamp': String(Math.floor(now.getTime() / 1000)),
    'webhook-signature': new Webhook(secret).sign(id, now, body),
  }
}

// Makes the connection use the checked addresses, whatever the name resolves to by then.
const pinnedTo =
  (addresses: Address[]): LookupFunction =>
  (_, { all }, callback) => {
    if (all === true) callback(null, addresses)
    else callback(null, (addresses[0] as Address).address, (addresses[0] as Address).family)
  }

function post(
  url: URL,
  addresses: Address[],
  headers: Record<string, string>,
  body: string,
  signal: AbortSignal,
): Promise<number> {
  const request = url.protocol === 'https:' ? requestHttps : requestHttp
  return new Promise((resolve, reject) => {
    const options = { method: 'POST', headers, agent: false, lookup: pinnedTo(addresses), signal } as const
    const sent = request(url, options, (answer) => {
      const status = answer.statusCode ?? 0
      let bytes = 0
      answer.on('data', (piece: Buffer) => {
        bytes += piece.length
        if (bytes > MAX_BYTES) {
          resolve(status)
          sent.destroy()
        }
      })
      answer.once('end', () => resolve(status))
      answer.on('error', reject)
    })
    sent.on('error', reject)
    // If the receiver does not answer with a response (for example by switching protocols), `close` is the only event.
    sent.once('close', () => reject(Object.assign(new Error('closed'), { code: 'ECONNRESET' })))
    sent.end(body)
  })
}
