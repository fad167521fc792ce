// The text of graph files in XML: GraphML and GEXF.
import type { GraphEdge, GraphNode } from './graph-records.ts'

/** The parts of a file: what stands before the nodes, a node, what stands between, an edge, and the end. */
type XmlFormat = {
  head: string
  node(node: GraphNode): string
  between: string
  edge(edge: GraphEdge): string
  end: string
}

// Characters that XML 1.0 cannot hold, not even escaped.
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what it is about
const FORBIDDEN = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|\p{Surrogate}/gu
const ESCAPES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }

/** Text of an element or an attribute. Line breaks and tabs become references, because a parser would make spaces of them. */
const xml = (text: string): string =>
  text
    .replace(FORBIDDEN, '\ufffd')
    .replace(/[&<>"\t\r\n]/g, (char) => ESCAPES[char] ?? `&#${char.charCodeAt(0)};`)

const HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'

const key = (owner: 'node' | 'edge', name: string, type: string) =>
  `<key id="${owner}_${name}" for="${owner}" attr.name="${name}" attr.type="${type}"/>\n`
const data = (name: string, value: string) => `<data key="${name}">${value}</data>`

export const GRAPHML: XmlFormat = {
  head: `${HEAD}<graphml xmlns="http://graphml.graphdrawing.org/xmlns" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="http://graphml.graphdrawing.org/xmlns http://graphml.graphdrawing.org/xmlns/1.0/graphml.xsd">
${key('node', 'username', 'string')}${key('node', 'name', 'string')}${key('node', 'following', 'long')}${key('node', 'followers', 'long')}${key('edge', 'type', 'string')}${key('edge', 'made_at', 'string')}<graph edgedefault="directed">
`,
  node: ({ id, username, name, following, followers }) =>
    `<node id="${id}">${data('node_username', xml(username))}${data('node_name', xml(name))}${data('node_following', String(following))}${data('node_followers', String(followers))}</node>\n`,
  between: '',
  edge: ({ id, source, target, madeAt }) =>
    `<edge id="${id}" source="${source}" target="${target}">${data('edge_type', 'FOLLOWS')}${madeAt === undefined ? '' : data('edge_made_at', madeAt)}</edge>\n`,
  end: '</graph>\n</graphml>\n',
}

const attribute = (name: string, type: string) => `<attribute id="${name}" title="${name}" type="${type}"/>`
const value = (name: string, text: string) => `<attvalue for="${name}" value="${text}"/>`

// 1.2draft, not 1.3: networkx reads no later version, and Gephi reads both.
export const GEXF: XmlFormat = {
  head: `${HEAD}<gexf xmlns="http://www.gexf.net/1.2draft" version="1.2">
<graph defaultedgetype="directed" mode="static">
<attributes class="node">${attribute('name', 'string')}${attribute('following', 'long')}${attribute('followers', 'long')}</attributes>
<attributes class="edge">${attribute('type', 'string')}${attribute('made_at', 'string')}</attributes>
<nodes>
`,
  node: ({ id, username, name, following, followers }) =>
    `<node id="${id}" label="${xml(username)}"><attvalues>${value('name', xml(name))}${value('following', String(following))}${value('followers', String(followers))}</attvalues></node>\n`,
  between: '</nodes>\n<edges>\n',
  edge: ({ id, source, target, madeAt }) =>
    `<edge id="${id}" source="${source}" target="${target}"><attvalues>${value('type', 'FOLLOWS')}${madeAt === undefined ? '' : value('made_at', madeAt)}</attvalues></edge>\n`,
  end: '</edges>\n</graph>\n</gexf>\n',
}

/** The file in pieces, a page of nodes or edges each. */
export async function* xmlPieces(
  format: XmlFormat,
  nodes: AsyncIterable<GraphNode[]>,
  edges: AsyncIterable<GraphEdge[]>,
): AsyncGenerator<string> {
  yield format.head
  for await (const page of nodes) if (page.length > 0) yield page.map(format.node).join('')
  yield format.between
  for await (const page of edges) if (page.length > 0) yield page.map(format.edge).join('')
  yield format.end
}
