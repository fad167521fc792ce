// Knows how the service is reached by https: a certificate made for the run, and a proxy that only takes TLS off.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createServer } from 'node:tls'
import { run } from './tools.ts'

export type Tls = { port: number; certificate: string; stop(): Promise<void> }

/** Listens for https on localhost and passes everything on to `target`; `certificate` is the file to trust. */
export async function startTls(target: number): Promise<Tls> {
  const folder = mkdtempSync(join(tmpdir(), 'follow-graph-tls-'))
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1']
  const made = await run(
    'openssl',
    [
      'req',
      '-x509',
      '-newkey',
      'rsa:2048',
      '-nodes',
      '-days',
      '1',
      '-keyout',
      'key.pem',
      '-out',
      'cert.pem',
      ...subject,
    ],
    folder,
  )
  if (made.status !== 0) throw new Error(made.output)
  const certificate = join(folder, 'cert.pem')
  const server = createServer(
    { key: readFileSync(join(folder, 'key.pem')), cert: readFileSync(certificate) },
    (socket) => {
      const inner = connect(target, '127.0.0.1')
      socket.on('error', () => inner.destroy())
      inner.on('error', () => socket.destroy())
      socket.pipe(inner).pipe(socket)
    },
  )
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.address() as AddressInfo).port,
    certificate,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        rmSync(folder, { recursive: true, force: true })
      }),
  }
}
