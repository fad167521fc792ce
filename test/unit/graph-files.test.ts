// Graph files without a database: what other readers find in them, whatever names people have.
import { createRequire } from 'node:module'
import { parquetReadObjects } from 'hyparquet'
import { expect, it } from 'vitest'
import { graphFilesOf, graphRefusalOf } from '../../src/transfer/export/graph-file.ts'
import { FOLLOW_COLUMNS, parquetPieces, USER_COLUMNS } from '../../src/transfer/export/graph-parquet.ts'
import { GEXF, GRAPHML, xmlPieces } from '../../src/transfer/export/graph-xml.ts'

type Tag = { name: string; attributes: Record<string, string> }
// Loaded without its types, which do not bear exactOptionalPropertyTypes.
const { SaxesParser } = createRequire(import.meta.url)('saxes') as {
  SaxesParser: new () => {
    on(event: 'error', heard: (error: Error) => void): void
    on(event: 'opentag', heard: (tag: Tag) => void): void
    on(event: 'text', heard: (text: string) => void): void
    write(text: string): { close(): void }
  }
}

const HUGE = 9_223_372_036_854_775_807n
const NAMES = ['Ada', '<b>&"\'</b>', 'two\r\nlines\tand a tab', 'Zoë 🐙', ']]>', '', 'a\u0001b\uffffc']
const nodes = NAMES.map((name, n) => ({
  id: n === 0 ? HUGE : BigInt(n),
  username: `u${n}`,
  name,
  following: BigInt(n),
  followers: 2n,
}))
const edges = [
  { id: HUGE, source: HUGE, target: 2n, madeAt: '2013-05-05T05:05:05Z' },
  { id: 7n, source: 2n, target: 1n, madeAt: undefined },
]
// Of the last name only what XML can hold.
const shown = [...NAMES.slice(0, -1), 'a\ufffdb\ufffdc']

async function* pages<T>(records: T[]): AsyncGenerator<T[]> {
  yield records.slice(0, 1)
  yield []
  yield records.slice(1)
}

async function read(format: typeof GEXF) {
  let text = ''
  for await (const piece of xmlPieces(format, pages(nodes), pages(edges))) text += piece
  const tags: (Tag & { text: string })[] = []
  const parser = new SaxesParser()
  parser.on('error', (error) => {
    throw error
  })
  parser.on('opentag', ({ name, attributes }) => tags.push({ name, attributes, text: '' }))
  parser.on('text', (piece) => {
    const last = tags.at(-1)
    if (last !== undefined) last.text += piece
  })
  parser.write(text).close()
  return tags
}

const ids = nodes.map(({ id }) => String(id))
const ends = edges.map(({ id, source, target }) => [String(id), String(source), String(target)])
const endsOf = (tags: Tag[]) =>
  tags.filter(({ name }) => name === 'edge').map(({ attributes: a }) => [a.id, a.source, a.target])
const idsOf = (tags: Tag[]) =>
  tags.filter(({ name }) => name === 'node').map(({ attributes }) => attributes.id)

it('GraphML holds every node and edge, and names as they are', async () => {
  const tags = await read(GRAPHML)
  expect([idsOf(tags), endsOf(tags)]).toEqual([ids, ends])
  const data = (key: string) =>
    tags.filter(({ attributes }) => attributes.key === key).map(({ text }) => text.replace(/\n*$/, ''))
  expect(data('node_name')).toEqual(shown)
  expect(data('node_following')).toEqual(nodes.map(({ following }) => String(following)))
  expect([data('edge_type'), data('edge_made_at')]).toEqual([
    ['FOLLOWS', 'FOLLOWS'],
    ['2013-05-05T05:05:05Z'],
  ])
})

it('GEXF holds the same', async () => {
  const tags = await read(GEXF)
  expect([idsOf(tags), endsOf(tags)]).toEqual([ids, ends])
  const values = (key: string) =>
    tags.filter(({ attributes }) => attributes.for === key).map(({ attributes }) => attributes.value)
  expect(values('name')).toEqual(shown)
  expect(values('followers')).toEqual(nodes.map(() => '2'))
  expect([values('type'), values('made_at')]).toEqual([['FOLLOWS', 'FOLLOWS'], ['2013-05-05T05:05:05Z']])
})

it('Parquet holds 64-bit integers, texts and times, also over several row groups', async () => {
  const tableOf = async (pieces: AsyncIterable<Uint8Array>) => {
    const all: Uint8Array[] = []
    for await (const piece of pieces) all.push(piece)
    const { buffer, byteOffset, byteLength } = Buffer.concat(all)
    return parquetReadObjects({ file: buffer.slice(byteOffset, byteOffset + byteLength) as ArrayBuffer })
  }
  expect(await tableOf(parquetPieces(USER_COLUMNS, pages(nodes)))).toEqual(nodes)
  expect(await tableOf(parquetPieces(FOLLOW_COLUMNS, pages(edges)))).toEqual(
    edges.map(({ madeAt, ...edge }) => ({
      ...edge,
      type: 'FOLLOWS',
      made_at: madeAt === undefined ? null : new Date(madeAt),
    })),
  )
  const many = Array.from({ length: 120_000 }, (_, n) => ({ ...edges[0]!, id: BigInt(n) }))
  const found = await tableOf(parquetPieces(FOLLOW_COLUMNS, pages(many)))
  expect(found.map(({ id }) => id)).toEqual(many.map(({ id }) => id))
  expect(await tableOf(parquetPieces(USER_COLUMNS, pages([])))).toEqual([])
})

it('the name says the format, and what is no graph file is refused', () => {
  for (const path of ['a.graphml', 'a.gexf.gz', 'b/A.GEXF', 'a.parquet'])
    expect(graphRefusalOf(path)).toBeUndefined()
  for (const path of ['a.csv', '-', 'a.parquet.gz', 'graphml'])
    expect(graphRefusalOf(path)).toMatch(/ends in/)
  expect(graphFilesOf('x/a.parquet')).toEqual(['x/a.users.parquet', 'x/a.follows.parquet'])
})
