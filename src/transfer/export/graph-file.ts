// Writes the graph of follows for other programs: users are nodes, follows are edges. The format follows from the file's name.
import type { GraphEdge, GraphNode } from './graph-records.ts'
import { GEXF, GRAPHML, xmlPieces } from './graph-xml.ts'
import { writeWhole } from './output.ts'

/** Why a graph cannot be written to a file of this name, as a sentence; undefined if it can. */
export function graphRefusalOf(path: string): string | undefined {
  if (/\.((graphml|gexf)(\.gz)?|parquet)$/i.test(path)) return undefined
  return `${path}: the name of a graph file ends in .graphml or .gexf, with .gz behind it for gzip, or in .parquet.`
}

/** The files that a graph of this name is written to: Parquet has one table a file, so there are two. */
export function graphFilesOf(path: string): [nodes: string, edges: string] | [both: string] {
  if (!/\.parquet$/i.test(path)) return [path]
  const stem = path.slice(0, -'.parquet'.length)
  return [`${stem}.users.parquet`, `${stem}.follows.parquet`]
}

/** Writes nodes and edges, page by page. */
export async function writeGraph(
  path: string,
  nodes: AsyncIterable<GraphNode[]>,
  edges: AsyncIterable<GraphEdge[]>,
): Promise<void> {
  const [first, second] = graphFilesOf(path)
  if (second === undefined) {
    const format = /\.gexf(\.gz)?$/i.test(path) ? GEXF : GRAPHML
    return writeWhole(first, xmlPieces(format, nodes, edges))
  }
  // Loaded only where it is used.
  const { FOLLOW_COLUMNS, parquetPieces, USER_COLUMNS } = await import('./graph-parquet.ts')
  await writeWhole(first, parquetPieces(USER_COLUMNS, nodes))
  await writeWhole(second, parquetPieces(FOLLOW_COLUMNS, edges))
}
