// Starts and closes an HTTP server, and closes single connections.
import { createServer, type Server } from 'node:http'
import { type AddressInfo, Server as NetServer } from 'node:net'
import type { Duplex } from 'node:stream'
import { clearTimeout, setInterval, setTimeout } from '../clock.ts'

// Most supervisors give a service ten seconds to end; changes in flight and the driver need some of them (service.ts).
const LINGER_MS = 5_000
const FINISH_MS = 6_000

/** Rejects as `listen` would, so that a port in use is found before a database is started. */
export async function tryPort({ host, port }: { host: string; port: number }): Promise<void> {
  const server = createServer()
  await listen(server, host, port)
  await new Promise((resolve) => server.close(resolve))
}

/** Listens and resolves with the port; rejects with a sentence that says what to do. */
export function listen(server: Server, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const refuse = (error: NodeJS.ErrnoException) => reject(new Error(whyNot(error, host, port)))
    server.once('error', refuse)
    // The kernel queues many connections at once (of a proxy that restarted); Node's default of 511 would refuse some of them.
    server.listen({ port, host, backlog: 4_096 }, () => {
      server.off('error', refuse)
      resolve((server.address() as AddressInfo).port)
    })
  })
}

function whyNot(error: NodeJS.ErrnoException, host: string, port: number): string {
  const remedies: Record<string, string> = {
    EADDRINUSE: 'end what listens there, or set PORT to another',
    EACCES: 'set PORT to one above 1023',
    EADDRNOTAVAIL: 'set HOST to an address of this machine',
    ENOTFOUND: 'set HOST to an address of this machine',
  }
  return `The service cannot listen on port ${port} of ${host} (${error.code}): ${remedies[error.code ?? ''] ?? error.message}.`
}

/**
 * Closes a server when the requests in flight are answered (with `Connection: close`). A client may be sending on an idle
 * connection, so that stays open for one more request or until its keep-alive timeout, unlike with http.Server's own close().
 * `hasty` closes idle connections at once.
 */
export function closeServer(server: Server, hasty: boolean): Promise<void> {
  return new Promise((resolve) => {
    const timers: NodeJS.Timeout[] = []
    const done = () => {
      for (const timer of timers) clearTimeout(timer)
      resolve()
    }
    if (hasty) server.close(done)
    else NetServer.prototype.close.call(server, done)
    const sweep = () => timers.push(setInterval(() => server.closeIdleConnections(), 50))
    if (hasty) sweep()
    else timers.push(setTimeout(sweep, LINGER_MS))
    timers.push(setTimeout(() => server.closeAllConnections(), FINISH_MS))
  })
}

/** Closes a connection after `ms`, whatever is still to be read or sent. */
export function closeLater(socket: Duplex, ms: number): void {
  const late = setTimeout(() => socket.destroy(), ms)
  socket.once('close', () => clearTimeout(late))
}
