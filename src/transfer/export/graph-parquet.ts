// The bytes of graph files in Parquet: a table of users and a table of follows.
import { ByteWriter, ParquetWriter, type SchemaElement } from 'hyparquet-writer'
import type { GraphEdge, GraphNode } from './graph-records.ts'

type Column<T> = { element: SchemaElement; value(record: T): unknown }

const required = { repetition_type: 'REQUIRED' } as const
const integer = (name: string): SchemaElement => ({ name, type: 'INT64', ...required })
const text = (name: string): SchemaElement => ({
  name,
  type: 'BYTE_ARRAY',
  converted_type: 'UTF8',
  ...required,
})

export const USER_COLUMNS: Column<GraphNode>[] = [
  { element: integer('id'), value: ({ id }) => id },
  { element: text('username'), value: ({ username }) => username },
  { element: text('name'), value: ({ name }) => name },
  { element: integer('following'), value: ({ following }) => following },
  { element: integer('followers'), value: ({ followers }) => followers },
]
export const FOLLOW_COLUMNS: Column<GraphEdge>[] = [
  { element: integer('id'), value: ({ id }) => id },
  { element: integer('source'), value: ({ source }) => source },
  { element: integer('target'), value: ({ target }) => target },
  { element: text('type'), value: () => 'FOLLOWS' },
  {
    element: {
      name: 'made_at',
      type: 'INT64',
      converted_type: 'TIMESTAMP_MILLIS',
      repetition_type: 'OPTIONAL',
    },
    value: ({ madeAt }) => (madeAt === undefined ? null : new Date(madeAt)),
  },
]

// A row group is written as a whole: as many rows are in memory.
const ROWS_PER_GROUP = 50_000

/** The file in pieces, a row group each. */
export async function* parquetPieces<T>(
  columns: Column<T>[],
  pages: AsyncIterable<T[]>,
): AsyncGenerator<Uint8Array> {
  const writer = new ByteWriter()
  const schema = [{ name: 'root', num_children: columns.length }, ...columns.map(({ element }) => element)]
  const parquet = new ParquetWriter({ writer, schema, createdBy: 'follow-graph' })
  const written = () => {
    const bytes = writer.getBytes().slice()
    writer.index = 0
    return bytes
  }
  const group = (records: T[]) => {
    const columnData = columns.map(({ element, value }) => ({ name: element.name, data: records.map(value) }))
    parquet.write({ columnData, rowGroupSize: records.length })
    return written()
  }
  let records: T[] = []
  for await (const page of pages) {
    records.push(...page)
    if (records.length < ROWS_PER_GROUP) continue
    yield group(records)
    records = []
  }
  if (records.length > 0) yield group(records)
  parquet.finish()
  yield written()
}
