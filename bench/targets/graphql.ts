// Knows the generated way: @neo4j/graphql over plain HTTP, with the schema that its manual would write for this graph.
import { createServer } from 'node:http'
import { Neo4jGraphQL } from '@neo4j/graphql'
import { type DocumentNode, execute, parse } from 'graphql'
import neo4j from 'neo4j-driver'

const driver = neo4j.driver(
  process.env.NEO4J_URI as string,
  neo4j.auth.basic('neo4j', process.env.NEO4J_PASSWORD as string),
)
// Dates are left out: this library formats them by APOC, which is no part of Neo4j. That is to its advantage here.
const typeDefs = `
type User @node {
  id: BigInt!
  username: String!
  name: String
  type: String
  description: String
  timezone: String
  locale: String
  following: [User!]! @relationship(type: "FOLLOWS", direction: OUT, properties: "Follows")
  followers: [User!]! @relationship(type: "FOLLOWS", direction: IN, properties: "Follows")
}
type Follows @relationshipProperties {
  id: BigInt
  follower_id: BigInt
  followee_id: BigInt
}
`
const schema = await new Neo4jGraphQL({ typeDefs, driver }).getSchema()
const documents = new Map<string, DocumentNode>()

const server = createServer(async (request, response) => {
  let text = ''
  for await (const piece of request) text += piece
  const { query, variables } = JSON.parse(text) as { query: string; variables: Record<string, unknown> }
  let document = documents.get(query)
  if (document === undefined) {
    document = parse(query)
    documents.set(query, document)
  }
  const result = await execute({
    schema,
    document,
    variableValues: variables,
    contextValue: { sessionConfig: { database: 'neo4j' } },
  })
  const body = JSON.stringify(result)
  response.writeHead(result.errors === undefined ? 200 : 500, {
    'Content-Type': 'application/json',
    'Content-Length': Buffer.byteLength(body),
  })
  response.end(body)
})
server.listen(0, '127.0.0.1', () => {
  process.send?.({ port: (server.address() as { port: number }).port })
})
process.on('disconnect', () => process.exit(0))
