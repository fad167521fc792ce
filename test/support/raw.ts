// Sends requests that fetch would refuse to send, as bytes on a socket, and reads the answers as they came.
import { connect } from 'node:net'

export type RawAnswer = { status: number; head: string; headers: Map<string, string>; body: string }

/** Sends bytes as they are and reads until the server ends the connection, which `Connection: close` asks for. */
export function raw(url: string, text: string, settings: { end?: boolean } = {}): Promise<RawAnswer> {
  const { hostname, port } = new URL(url)
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname)
    const pieces: Buffer[] = []
    socket.on('data', (piece: Buffer) => pieces.push(piece))
    socket.on('error', (error: NodeJS.ErrnoException) => {
      // An answer that came before the connection was cut still counts.
      if (pieces.length === 0) reject(error)
    })
    socket.on('close', () => resolve(parse(Buffer.concat(pieces).toString('utf8'))))
    socket.write(text)
    if (settings.end === true) socket.end()
  })
}

function parse(text: string): RawAnswer {
  const [head = '', ...rest] = text.split('\r\n\r\n')
  const lines = head.split('\r\n')
  const headers = new Map(
    lines.slice(1).map((line) => {
      const [name = '', ...value] = line.split(':')
      return [name.toLowerCase(), value.join(':').trim()]
    }),
  )
  return { status: Number(lines[0]?.split(' ')[1]), head, headers, body: rest.join('\r\n\r\n') }
}
