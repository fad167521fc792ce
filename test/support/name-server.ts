// A name server on loopback that answers what the test wants, or not at all.
import { createSocket } from 'node:dgram'
import type { AddressInfo } from 'node:net'
import ipaddr from 'ipaddr.js'

/**
 * The addresses of a name, `alias` first if it has a canonical name; null if the name does not exist, `'silent'` for no answer, `'failed'` for SERVFAIL.
 * It is asked once for each family.
 */
export type Zone = (name: string) => { alias?: string; addresses: string[] } | null | 'silent' | 'failed'

export type NameServer = {
  /** `127.0.0.1:PORT`. */
  address: string
  /** Set by the test. */
  zone: Zone
  /** The names that were asked for, once for each family and try. */
  asked: string[]
  stop(): void
}

const A = 1
const CNAME = 5
const AAAA = 28

export async function startNameServer(): Promise<NameServer> {
  const socket = createSocket('udp4')
  const server: NameServer = { address: '', zone: () => null, asked: [], stop: () => socket.close() }
  socket.on('message', (message, { port, address }) => {
    const { name, type, end } = questionOf(message)
    server.asked.push(name)
    const found = server.zone(name)
    if (found === 'silent') return
    const records: Buffer[] = []
    const known = found === 'failed' ? null : found
    if (known?.alias !== undefined) records.push(record(name, CNAME, encoded(known.alias)))
    for (const text of known?.addresses ?? []) {
      const parsed = ipaddr.parse(text)
      if ((parsed.kind() === 'ipv4' ? A : AAAA) === type)
        records.push(record(known?.alias ?? name, type, Buffer.from(parsed.toByteArray())))
    }
    const head = Buffer.alloc(12)
    message.copy(head, 0, 0, 2)
    // An answer, recursion available; 2 is SERVFAIL, 3 NXDOMAIN.
    head.writeUInt16BE(0x8180 | (found === 'failed' ? 2 : found === null ? 3 : 0), 2)
    head.writeUInt16BE(1, 4)
    head.writeUInt16BE(records.length, 6)
    socket.send(Buffer.concat([head, message.subarray(12, end), ...records]), port, address)
  })
  await new Promise<void>((done) => socket.bind(0, '127.0.0.1', done))
  server.address = `127.0.0.1:${(socket.address() as AddressInfo).port}`
  return server
}

function questionOf(message: Buffer): { name: string; type: number; end: number } {
  const labels: string[] = []
  let at = 12
  for (let length = message.readUInt8(at); length > 0; length = message.readUInt8(at)) {
    labels.push(message.subarray(at + 1, at + 1 + length).toString('latin1'))
    at += 1 + length
  }
  return { name: labels.join('.').toLowerCase(), type: message.readUInt16BE(at + 1), end: at + 5 }
}

function record(name: string, type: number, data: Buffer): Buffer {
  const fixed = Buffer.alloc(10)
  fixed.writeUInt16BE(type, 0)
  fixed.writeUInt16BE(1, 2)
  fixed.writeUInt16BE(data.length, 8)
  return Buffer.concat([encoded(name), fixed, data])
}

const encoded = (name: string): Buffer =>
  Buffer.concat(
    [...name.split('.'), ''].map((label) =>
      Buffer.from(`${String.fromCharCode(label.length)}${label}`, 'latin1'),
    ),
  )
