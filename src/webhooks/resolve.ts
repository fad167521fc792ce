// Resolves the host names of webhooks. Names whose servers do not answer must not hold up the other look-ups of the process (decision 028).

import { lookup, Resolver } from 'node:dns/promises'
import { readFile } from 'node:fs/promises'
import ipaddr from 'ipaddr.js'
import { createKeyedQueue } from '../graph/keyed-queue.ts'
import type { Address, Resolve } from './address.ts'

export type ResolveOptions = {
  /** The name servers, `127.0.0.1:53` each; the system's by default. */
  servers?: string[]
  hostsFile?: string
  /** The operating system's resolver: it takes a thread, and cannot be cancelled. */
  askSystem?(hostname: string): Promise<Address[]>
}

// The second try waits twice as long: with one name server 6 of the 10 seconds that a delivery may take.
const PATIENCE = { timeout: 2_000, tries: 2 }
// ESERVFAIL: a public name server says so of a name whose own servers do not answer it.
const UNANSWERED = new Set(['ETIMEOUT', 'ECANCELLED', 'ESERVFAIL'])

const familyOf = (address: string): number => (address.includes(':') ? 6 : 4)

/**
 * Asks the hosts file, then the name servers, and the operating system's resolver for names that neither knows: it has search
 * domains and mDNS. It is asked for one name at a time, so that it takes one of the two threads of look-ups at most.
 */
export function createResolve(options: ResolveOptions = {}): Resolve {
  const { servers, hostsFile = '/etc/hosts' } = options
  const { askSystem = (hostname) => lookup(hostname, { all: true, verbatim: true }) } = options
  const oneAtATime = createKeyedQueue<'system'>()
  const askOneAtATime = (hostname: string, signal: AbortSignal) =>
    oneAtATime('system', async () => {
      signal.throwIfAborted()
      return askSystem(hostname)
    })

  return async (hostname, signal) => {
    const written = await fromHostsFile(hostsFile, hostname)
    if (written.length > 0) return written
    return (await fromServers(servers, hostname, signal)) ?? (await askOneAtATime(hostname, signal))
  }
}

/** The one of the process, because its threads are shared, too. */
export const resolveName: Resolve = createResolve()

// All addresses of a name in the hosts file, which no name server overrules.
async function fromHostsFile(file: string, hostname: string): Promise<Address[]> {
  const name = hostname.toLowerCase().replace(/\.$/, '')
  const text = await readFile(file, 'utf8').catch(() => '')
  return text.split('\n').flatMap((line) => {
    const [address = '', ...names] = line.toLowerCase().replace(/#.*/, '').trim().split(/\s+/)
    return names.includes(name) && ipaddr.isValid(address) ? [{ address, family: familyOf(address) }] : []
  })
}

// The addresses of both families; null if the name servers know none, or there is no name server. Rejects if they do not answer in time.
async function fromServers(
  servers: string[] | undefined,
  hostname: string,
  signal: AbortSignal,
): Promise<Address[] | null> {
  signal.throwIfAborted()
  // One for each name: `cancel` ends everything that a resolver asks, and a new one reads the system's settings again.
  const resolver = new Resolver(PATIENCE)
  if (servers !== undefined) resolver.setServers(servers)
  const cancel = () => resolver.cancel()
  signal.addEventListener('abort', cancel)
  const answers = await Promise.allSettled([resolver.resolve4(hostname), resolver.resolve6(hostname)])
  signal.removeEventListener('abort', cancel)
  const found = answers.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []))
  if (found.length > 0) return found.map((address) => ({ address, family: familyOf(address) }))
  for (const answer of answers)
    if (answer.status === 'rejected' && UNANSWERED.has(answer.reason.code)) throw answer.reason
  return null
}
