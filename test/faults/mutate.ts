// Mutates valid HTTP requests into broken ones, and checks what must be true of every answer.

type Random = () => number

const WORDS = [
  ...[
    '\r\n',
    '\n',
    '\r',
    '\0',
    ' ',
    '\t',
    ':',
    ',',
    ';',
    '%',
    '%00',
    '%ff',
    '%2e%2e/',
    '../',
    '//',
    '?',
    '#',
    '&',
    '=',
    '"',
  ],
  ...[
    '{',
    '}',
    '[',
    ']',
    '{"a":',
    '[[[[[[[[',
    '\\u0000',
    '\\ud800',
    '-1',
    '0',
    '1e999',
    '9'.repeat(40),
    'null',
    'true',
    'é',
    '\u202e',
  ],
  ...[
    'GET',
    'POST',
    'PUT',
    'PATCH',
    'DELETE',
    'HEAD',
    'OPTIONS',
    'TRACE',
    'CONNECT',
    'get',
    'HTTP/1.0',
    'HTTP/9.9',
    'HTTP/2.0',
    'PRI * HTTP/2.0',
  ],
  ...[
    'Transfer-Encoding: chunked\r\n',
    'Content-Length: 5\r\n',
    'Content-Length: -1\r\n',
    'Content-Length: 999999999999\r\n',
    'Expect: 100-continue\r\n',
  ],
  ...[
    'Connection: Upgrade\r\nUpgrade: websocket\r\n',
    'Host: evil.example\r\n',
    'Content-Encoding: gzip\r\n',
    'If-None-Match: "x\r\n',
  ],
  ...[
    'Authorization: Bearer\r\n',
    'Authorization: Basic OjpA\r\n',
    'X-Forwarded-For: ,,,\r\n',
    'Cookie: a=b\r\n',
    'Range: bytes=0-1\r\n',
    'X-ADN-Pretty-JSON: 1\r\n',
  ],
  ...[
    'application/json',
    'application/x-www-form-urlencoded',
    'text/plain',
    'multipart/form-data; boundary=x',
    'charset=utf-7',
  ],
  ...[
    'me',
    '@',
    '@bo',
    '/users/',
    '/stream/0',
    'callback=',
    'callback=a.b',
    'count=',
    'before_id=',
    'since_id=',
    'ids=',
    'access_token=',
    '__proto__',
  ],
].map((word) => Buffer.from(word))

const pick = <T>(next: Random, list: readonly T[]): T => list[Math.floor(next() * list.length)] as T
const place = (next: Random, bytes: Buffer) => Math.floor(next() * (bytes.length + 1))

const splice = (bytes: Buffer, at: number, drop: number, put: Buffer): Buffer =>
  Buffer.concat([bytes.subarray(0, at), put, bytes.subarray(at + drop)])

type Mutation = (next: Random, bytes: Buffer, others: Buffer[]) => Buffer
const MUTATIONS: Mutation[] = [
  // a bit turned, a byte replaced, bytes left out, a part doubled
  (next, bytes) => {
    const turned = Buffer.from(bytes)
    const at = Math.floor(next() * bytes.length)
    if (bytes.length > 0) turned[at] = (turned[at] as number) ^ (1 << Math.floor(next() * 8))
    return turned
  },
  (next, bytes) => splice(bytes, place(next, bytes), 1, Buffer.from([Math.floor(next() * 256)])),
  (next, bytes) => splice(bytes, place(next, bytes), Math.floor(next() * 12), Buffer.alloc(0)),
  (next, bytes) => {
    const at = place(next, bytes)
    return splice(bytes, at, 0, bytes.subarray(at, at + Math.floor(next() * 60)))
  },
  // a word that means something to a parser, put in or in place of what is there
  (next, bytes) => splice(bytes, place(next, bytes), 0, pick(next, WORDS)),
  (next, bytes) => splice(bytes, place(next, bytes), Math.floor(next() * 8), pick(next, WORDS)),
  // a line doubled, a line left out, a header put in at the start of the headers
  (next, bytes) => {
    const lines = bytes.toString('latin1').split('\r\n')
    const at = Math.floor(next() * lines.length)
    lines.splice(at, next() < 0.5 ? 1 : 0, ...(next() < 0.5 ? [] : [lines[at] as string]))
    return Buffer.from(lines.join('\r\n'), 'latin1')
  },
  (next, bytes) => splice(bytes, bytes.indexOf('\r\n') + 2, 0, pick(next, WORDS)),
  // broken off; the head of one with the tail of another; something long
  (next, bytes) => bytes.subarray(0, place(next, bytes)),
  (next, bytes, others) => {
    const other = pick(next, others)
    return Buffer.concat([bytes.subarray(0, place(next, bytes)), other.subarray(place(next, other))])
  },
  (next, bytes) =>
    splice(bytes, place(next, bytes), 0, Buffer.alloc(Math.floor(next() * 20_000), pick(next, WORDS))),
]

// What a URL or a header cannot carry as it is, so that the request still reaches the service's own code.
const inUrl = (bytes: Buffer): string =>
  bytes
    .toString('latin1')
    .replace(/[^\x21-\x7e]/g, (one) => `%${one.charCodeAt(0).toString(16).padStart(2, '0')}`)

// Mutations of the target or of the body alone, its length told as it is.
function withinHttp(next: Random, bytes: Buffer, others: Buffer[]): Buffer {
  const change = (part: Buffer) => pick(next, MUTATIONS)(next, part, others)
  const [head = '', ...rest] = bytes.toString('latin1').split('\r\n\r\n')
  const body = Buffer.from(rest.join('\r\n\r\n'), 'latin1')
  const [method, target = '', version] = head.split('\r\n')[0]?.split(' ') ?? []
  if (body.length === 0 || next() < 0.5) {
    // The host and the first slash stay: what comes behind is the service's.
    const lines = head.split('\r\n').slice(1).join('\r\n')
    const changed = `/${inUrl(change(Buffer.from(target.slice(1), 'latin1')))}`
    return Buffer.concat([Buffer.from(`${method} ${changed} ${version}\r\n${lines}\r\n\r\n`, 'latin1'), body])
  }
  const changed = change(body)
  const lines = head.replace(/Content-Length: \d+/, `Content-Length: ${changed.length}`)
  return Buffer.concat([Buffer.from(`${lines}\r\n\r\n`, 'latin1'), changed])
}

/** One of the requests with one to four mutations anywhere, or as often in its URL or its body alone. */
export function mutated(next: Random, requests: Buffer[]): Buffer {
  let bytes = pick(next, requests)
  const gentle = next() < 0.5
  for (let n = Math.floor(next() * (gentle ? 2 : 4)); n >= 0; n -= 1)
    bytes = (gentle ? withinHttp : pick(next, MUTATIONS))(next, bytes, requests)
  return bytes
}

export type Answers = { statuses: number[]; wrong: string | null }

/** Reads all answers of one connection: their statuses, and what is wrong with the first that is not as it must be. */
export function answersIn(bytes: Buffer): Answers {
  const statuses: number[] = []
  let rest = bytes
  while (rest.length > 0) {
    const end = rest.indexOf('\r\n\r\n')
    const head = rest.subarray(0, end === -1 ? rest.length : end).toString('latin1')
    const status = Number(/^HTTP\/1\.1 (\d{3}) /.exec(head)?.[1])
    if (end === -1 || Number.isNaN(status))
      return { statuses, wrong: `no head of an answer: ${head.slice(0, 80)}` }
    rest = rest.subarray(end + 4)
    if (status < 200) continue
    statuses.push(status)
    const header = (name: string) => new RegExp(`^${name}: (.*)$`, 'im').exec(head)?.[1]
    // An answer to HEAD has the length of a body that does not follow.
    const none =
      status === 204 || status === 304 || rest.length === 0 || rest.subarray(0, 9).toString() === 'HTTP/1.1 '
    if (none) continue
    const [body, left] =
      header('Transfer-Encoding') === 'chunked' ? chunks(rest) : cut(rest, Number(header('Content-Length')))
    rest = left
    const wrong = faultOf(status, header('Content-Type') ?? '', body.toString('utf8'))
    if (wrong !== null) return { statuses, wrong }
  }
  return { statuses, wrong: null }
}

const cut = (bytes: Buffer, length: number): [Buffer, Buffer] => [
  bytes.subarray(0, length),
  bytes.subarray(length),
]

function chunks(bytes: Buffer): [Buffer, Buffer] {
  const pieces: Buffer[] = []
  for (let rest = bytes; ; ) {
    const line = rest.indexOf('\r\n')
    const size = Number.parseInt(rest.subarray(0, line).toString('latin1'), 16)
    if (line === -1 || Number.isNaN(size)) return [Buffer.concat(pieces), Buffer.alloc(0)]
    if (size === 0) return [Buffer.concat(pieces), rest.subarray(line + 4)]
    pieces.push(rest.subarray(line + 2, line + 2 + size))
    rest = rest.subarray(line + 2 + size + 2)
  }
}

// The envelope of docs/api.md; bare is only what the grant answers, and a script only where a callback was taken.
function faultOf(status: number, type: string, body: string): string | null {
  const told = `${status} ${type}: ${body.slice(0, 200)}`
  const script = type.startsWith('application/javascript')
  const text = script ? body.slice(body.indexOf('(') + 1, -1) : body
  let value: { data?: unknown; meta?: Record<string, unknown>; error?: unknown; access_token?: unknown }
  try {
    value = JSON.parse(text)
  } catch {
    return `no JSON: ${told}`
  }
  if (value.meta === undefined)
    return typeof value.error === 'string' || typeof value.access_token === 'string'
      ? null
      : `no envelope: ${told}`
  const { code, error_message, error_id } = value.meta
  if (script ? status !== 200 : code !== status) return `another code: ${told}`
  if (code === 200) return 'data' in value ? null : `no data: ${told}`
  const failure =
    typeof error_message === 'string' && /^[0-9a-f]{32}$/.test(String(error_id)) && !('data' in value)
  return failure ? null : `no failure of the envelope: ${told}`
}
