// Starts a service for a test file, with ids and names that no other file uses, so that files can run at the same time.
import { randomInt } from 'node:crypto'
import { afterAll, inject } from 'vitest'
import { type FollowGraph, startFollowGraph, type TestUser, type TestUserFields } from '../../src/testing.ts'

// Bodies have every shape; the assertions of the test check them.
// biome-ignore lint/suspicious/noExplicitAny: see above
export type Answered = { status: number; headers: Headers; body: any; text: string }

export type TestService = FollowGraph & {
  /** One call of the API; `token` goes into the Authorization header, `json` and `form` into the body. */
  call(
    method: string,
    path: string,
    options?: {
      token?: string
      json?: unknown
      form?: Record<string, string>
      headers?: Record<string, string>
    },
  ): Promise<Answered>
  /** A new user with its token (all scopes). */
  user(fields?: TestUserFields): Promise<TestUser & { token: string }>
  users(count: number): Promise<(TestUser & { token: string })[]>
}

// A caller that names no id gets the highest one plus one, which may lie above this file's last one: there is room for those.
const STRIDE = 1_000n

/** A service on the run's database, or on the one that the settings name, stopped after the file. Users get ids and names that no other file has. */
export async function startTestService(settings: Record<string, string> = {}): Promise<TestService> {
  const own = inject('neo4j')
  const { NEO4J_URI: uri = own.uri, NEO4J_PASSWORD: password = own.password } = settings
  const plans = inject('planned') && uri === own.uri ? { PLAN_AHEAD: 'off' } : {}
  const graph = await startFollowGraph({
    neo4j: { ...own, uri, password },
    settings: { ...plans, ...settings },
  })
  afterAll(() => graph.stop())
  let next = BigInt(randomInt(2 ** 40)) * 1_000_000n
  const createUser = (fields: TestUserFields = {}) => {
    next += STRIDE
    const id = fields.id ?? next
    return graph.createUser({ username: `t${BigInt(id).toString(36)}`.slice(0, 20), ...fields, id })
  }
  const user = async (fields: TestUserFields = {}) => {
    const made = await createUser(fields)
    return { ...made, token: await graph.tokenFor(made) }
  }
  return {
    ...graph,
    createUser,
    user,
    users: (count) => Promise.all(Array.from({ length: count }, () => user())),
    async call(method, path, { token, json, form, headers = {} } = {}) {
      const response = await fetch(graph.url + path, {
        method,
        redirect: 'manual',
        headers: {
          ...(token === undefined ? {} : { Authorization: `Bearer ${token}` }),
          ...(json === undefined ? {} : { 'Content-Type': 'application/json' }),
          ...headers,
        },
        ...(json === undefined ? {} : { body: JSON.stringify(json) }),
        ...(form === undefined ? {} : { body: new URLSearchParams(form) }),
      })
      const text = await response.text()
      const isJson =
        response.headers.get('content-type')?.startsWith('application/json') === true && text !== ''
      return {
        status: response.status,
        headers: response.headers,
        body: isJson ? JSON.parse(text) : undefined,
        text,
      }
    },
  }
}
