// Knows the load generator: a process of its own that turns ops into HTTP requests of a target's dialect.
import { graphqlBody } from './graphql-ops.ts'
import { type Connection, openConnection } from './http-client.ts'
import type { Op, Viewer } from './op.ts'
import { work } from './pace.ts'

type Settings = { host: string; port: number; dialect: 'rest' | 'skip' | 'graphql'; viewers: Viewer[] }

const settings = await new Promise<Settings>((resolve) =>
  process.once('message', (message) => resolve(message as Settings)),
)
const { host, port, dialect, viewers } = settings
const connections: Connection[] = []
const connection = (client: number): Connection => (connections[client] ??= openConnection(host, port))

function path(op: Op): [method: string, path: string] {
  switch (op.kind) {
    case 'page': {
      const depth =
        dialect === 'skip' && op.skip !== undefined
          ? `&skip=${op.skip}`
          : op.before === undefined
            ? ''
            : `&before_id=${op.before}`
      return ['GET', `/stream/0/users/${op.user}/followers?count=20${depth}`]
    }
    case 'mutuals':
      return ['GET', `/stream/0/users/${op.user}/mutuals?count=20`]
    case 'known':
      return ['GET', `/stream/0/users/${op.user}/followers/known?count=20`]
    case 'follow':
      return ['POST', `/stream/0/users/${op.user}/follow`]
    case 'unfollow':
      return ['DELETE', `/stream/0/users/${op.user}/follow`]
    case 'ids':
      return ['GET', `/stream/0/users/${op.user}/followers/ids`]
    case 'relationships':
      return ['GET', `/stream/0/relationships?source=me&targets=${op.targets.join(',')}`]
  }
}

function written(op: Op): string {
  const token = (viewers[op.viewer] as Viewer).token
  if (dialect === 'graphql') {
    const body = graphqlBody(op, viewers)
    if (body === null) throw new Error('it cannot be asked in this schema')
    return `POST /graphql HTTP/1.1\r\nHost: ${host}\r\nAuthorization: Bearer ${token}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`
  }
  const [method, target] = path(op)
  const length = method === 'POST' ? 'Content-Length: 0\r\n' : ''
  return `${method} ${target} HTTP/1.1\r\nHost: ${host}\r\nAuthorization: Bearer ${token}\r\n${length}\r\n`
}

work(
  (client, op) => connection(client).ask(written(op)),
  async (op) => {
    const { status, text } = await connection(0).ask(written(op), true)
    return `${status} ${text}`
  },
)
