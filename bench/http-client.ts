// Knows just enough HTTP/1.1 to ask over one kept connection at a time and to count the answer without parsing it.
import { connect, type Socket } from 'node:net'
import type { Reply } from './pace.ts'

export type Connection = {
  /** Sends one request, already written out; `keep` also hands back the body's text. */
  ask(request: string, keep?: boolean): Promise<Reply & { status: number; text: string }>
  close(): void
}

type Pending = {
  resolve(reply: Reply & { status: number; text: string }): void
  began: number
  keep: boolean
}

/** Opens a connection; one request at a time. A connection that breaks fails its request and is opened again. */
export function openConnection(host: string, port: number): Connection {
  let socket: Socket | null = null
  let pending: Pending | null = null
  let status = 0
  let left = -1
  let chunked = false
  let head = ''
  let bytes = 0
  let firstByte = 0
  let body: Buffer[] = []
  let inChunk = 0
  let line = ''

  function finish(failed: string | null): void {
    const waiting = pending
    if (waiting === null) return
    pending = null
    const text = waiting.keep ? Buffer.concat(body).toString('utf8') : ''
    waiting.resolve({ failed, bytes, firstByte, status, text })
  }

  function begin(data: Buffer): number {
    head += data.toString('latin1')
    const end = head.indexOf('\r\n\r\n')
    if (end === -1) return -1
    const before = head.length - data.length
    status = Number(head.slice(9, 12))
    const lower = head.slice(0, end).toLowerCase()
    const at = lower.indexOf('content-length: ')
    chunked = at === -1 && lower.includes('transfer-encoding: chunked')
    left = at === -1 ? 0 : Number.parseInt(lower.slice(at + 16), 10)
    return end + 4 - before
  }

  // Walks the chunks' sizes; true when the last one has ended.
  function walk(data: Buffer, from: number): boolean {
    let at = from
    while (at < data.length) {
      if (inChunk > 0) {
        const step = Math.min(inChunk, data.length - at)
        if (pending?.keep) body.push(data.subarray(at, Math.min(at + step, at + Math.max(0, inChunk - 2))))
        inChunk -= step
        at += step
        continue
      }
      const code = data[at] as number
      at += 1
      if (code !== 10) {
        line += String.fromCharCode(code)
        continue
      }
      const size = Number.parseInt(line, 16)
      if (line.trim() === '') {
        if (left === -2) return true
      } else if (size === 0) left = -2
      else inChunk = size + 2
      line = ''
    }
    return false
  }

  function take(data: Buffer): void {
    if (pending === null) return
    let from = 0
    bytes += data.length
    if (left === -1) {
      if (firstByte === 0) firstByte = performance.now() - pending.began
      from = begin(data)
      if (from === -1) return
    }
    const done = chunked ? walk(data, from) : counted(data, from)
    if (done) finish(status === 200 ? null : String(status))
  }

  function counted(data: Buffer, from: number): boolean {
    if (pending?.keep) body.push(data.subarray(from))
    left -= data.length - from
    return left <= 0
  }

  function open(): Socket {
    const opened = connect({ host, port, noDelay: true })
    opened.on('data', take)
    opened.on('error', () => undefined)
    opened.on('close', () => {
      if (socket === opened) socket = null
      finish('connection')
    })
    return opened
  }

  return {
    ask(request, keep = false) {
      return new Promise((resolve) => {
        pending = { resolve, began: performance.now(), keep }
        status = 0
        left = -1
        chunked = false
        head = ''
        bytes = 0
        firstByte = 0
        body = []
        inChunk = 0
        line = ''
        socket ??= open()
        socket.write(request, 'latin1')
      })
    },
    close: () => socket?.destroy(),
  }
}
