// Knows the little of `pg` and `@neo4j/graphql` that the benchmark calls: their own types are not installed with the service.
declare module 'pg' {
  type Result = { rows: unknown[][] }
  type Config = { name?: string; text: string; values?: unknown[]; rowMode: 'array' }
  export class Client {
    constructor(options: Record<string, unknown>)
    connect(): Promise<void>
    query(config: Config | string): Promise<Result>
    end(): Promise<void>
  }
  export class Pool {
    constructor(options: Record<string, unknown>)
    query(config: Config): Promise<Result>
    end(): Promise<void>
  }
  const pg: { Client: typeof Client; Pool: typeof Pool }
  export default pg
}

declare module '@neo4j/graphql' {
  export class Neo4jGraphQL {
    constructor(options: { typeDefs: string; driver: unknown })
    getSchema(): Promise<import('graphql').GraphQLSchema>
  }
}

declare module 'graphql' {
  export type GraphQLSchema = { readonly brand: 'schema' }
  export type DocumentNode = { readonly brand: 'document' }
  export function parse(text: string): DocumentNode
  export function execute(options: {
    schema: GraphQLSchema
    document: DocumentNode
    variableValues?: Record<string, unknown>
    contextValue?: unknown
  }): Promise<{ data?: unknown; errors?: readonly { message: string }[] }>
}
