// Traces: with an OpenTelemetry SDK in the process, each request is a server span, with a client span for each query below it.
import {
  context,
  createContextKey,
  propagation,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  trace,
} from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import { W3CTraceContextPropagator } from '@opentelemetry/core'
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  type ReadableSpan,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-base'
import { afterAll, beforeEach, expect, it, vi } from 'vitest'
import { readConfig } from '../../src/config.ts'
import { createBatch } from '../../src/graph/batch.ts'
import { startService } from '../../src/service.ts'
import { startTestService } from '../support/service.ts'

const exporter = new InMemorySpanExporter()
const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] })
// As an operator's instrumentation.mjs does; false would mean that the service's API refuses this SDK.
expect(trace.setGlobalTracerProvider(provider)).toBe(true)
expect(context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())).toBe(true)
expect(propagation.setGlobalPropagator(new W3CTraceContextPropagator())).toBe(true)
// Without the memory, so that each request has its queries.
const service = await startTestService({ MEMORY: '0' })
const [me, you] = await service.users(2)
afterAll(() => provider.shutdown())
beforeEach(() => exporter.reset())

/** The span of the request and its children, once the request's span has ended. */
async function spans(): Promise<{ request: ReadableSpan; children: ReadableSpan[] }> {
  const server = () => exporter.getFinishedSpans().filter(({ kind }) => kind === SpanKind.SERVER)
  await vi.waitFor(() => expect(server()).toHaveLength(1))
  const [request] = server() as [ReadableSpan]
  const { spanId } = request.spanContext()
  const children = exporter.getFinishedSpans().filter((span) => span.parentSpanContext?.spanId === spanId)
  return { request, children }
}
const names = (list: ReadableSpan[]) => list.map(({ name }) => name)

it('a request is a server span, named by method and pattern, with its status and request id', async () => {
  const headers = { 'X-Request-Id': 'r-1' }
  const answer = await service.call('GET', `/stream/0/users/${you!.id}?count=1`, {
    token: me!.token,
    headers,
  })
  expect(answer.status).toBe(200)
  const { request } = await spans()
  expect(request.name).toBe('GET /users/:user_id')
  expect(request.attributes).toEqual({
    'http.request.method': 'GET',
    'http.route': '/users/:user_id',
    'http.response.status_code': 200,
    'followgraph.request_id': 'r-1',
  })
  expect(request.status.code).toBe(SpanStatusCode.UNSET)
})

it.each([
  ['GET', () => `/users/${you!.id}`, ['tokens/find', 'users/fetch']],
  ['GET', () => `/users/${you!.id}/followers`, ['tokens/find', 'lists/followers']],
  ['POST', () => `/users/${you!.id}/follow`, ['tokens/find', 'changes/follow']],
  ['GET', () => `/users/@${you!.username}`, ['tokens/find', 'users/find', 'users/fetch']],
])('%s: each query is a client span below it, named by its file', async (method, path, queries) => {
  await service.call(method, path(), { token: me!.token })
  const { request, children } = await spans()
  expect(names(children)).toEqual(queries)
  for (const child of children) {
    expect(child.kind).toBe(SpanKind.CLIENT)
    expect(child.attributes).toEqual({ 'db.system.name': 'neo4j', 'db.operation.name': child.name })
    expect(child.spanContext().traceId).toBe(request.spanContext().traceId)
  }
})

it('continues the trace of the caller', async () => {
  const [traceId, spanId] = ['0af7651916cd43dd8448eb211c80319c', 'b7ad6b7169203331']
  await service.call('GET', '/token', {
    token: me!.token,
    headers: { traceparent: `00-${traceId}-${spanId}-01` },
  })
  const { request, children } = await spans()
  expect(request.spanContext().traceId).toBe(traceId)
  expect(request.parentSpanContext?.spanId).toBe(spanId)
  expect(children.length).toBeGreaterThan(0)
  for (const child of children) expect(child.spanContext().traceId).toBe(traceId)
})

it.each([
  ['GET', () => '/users/7000000000000000007', {}, 'GET /users/:user_id', 404],
  ['POST', () => '/token', {}, 'POST -', 405],
  ['GET', () => `/nowhere/${me!.token}`, {}, 'GET -', 404],
  ['GET', () => '/users/me', { token: 'garbage' }, 'GET /users/:user_id', 401],
  ['GET', () => '/health/live', {}, 'GET /health/live', 200],
])(
  '%s: a refusal keeps its status, and no span holds a path, a query or a token',
  async (method, path, options, name, status) => {
    const answer = await service.call(method, `${path()}?access_token_not=${me!.token}`, options)
    expect(answer.status).toBe(status)
    const { request } = await spans()
    expect([request.name, request.attributes['http.response.status_code']]).toEqual([name, status])
    expect(request.status.code).toBe(SpanStatusCode.UNSET)
    const told = JSON.stringify(
      exporter.getFinishedSpans().map(({ name, attributes, status }) => [name, attributes, status]),
    )
    expect(told).not.toContain(me!.token.slice(5, 13))
  },
)

it('of simultaneous requests, every query belongs to one', async () => {
  const people = await service.users(24)
  exporter.reset()
  await Promise.all(people.map(({ token }) => service.call('POST', `/users/${you!.id}/follow`, { token })))
  // Other statements may still be planned, outside of requests; these two were planned before the service was ready.
  const own = ['tokens/find', 'changes/follow']
  const of = (kind: SpanKind) =>
    exporter
      .getFinishedSpans()
      .filter((span) => span.kind === kind && (kind === SpanKind.SERVER || own.includes(span.name)))
  await vi.waitFor(() => expect(of(SpanKind.SERVER)).toHaveLength(people.length))
  const ids = new Set(of(SpanKind.SERVER).map((span) => span.spanContext().spanId))
  expect(of(SpanKind.CLIENT).length).toBeGreaterThan(0)
  for (const query of of(SpanKind.CLIENT)) expect(ids).toContain(query.parentSpanContext?.spanId)
})

it('a query that carries several requests belongs to the first of them, not to the one before', async () => {
  const key = createContextKey('request')
  const ran: [string[], unknown][] = []
  let open: () => void = () => undefined
  const gate = new Promise<void>((resolve) => {
    open = resolve
  })
  const batch = createBatch<string, string>({
    size: 10,
    inFlight: 1,
    waiting: 10,
    async run(items) {
      ran.push([items, context.active().getValue(key)])
      await gate
      return items
    },
  })
  const add = (name: string) => context.with(ROOT_CONTEXT.setValue(key, name), () => batch.add(name))
  const first = add('a')
  await vi.waitFor(() => expect(ran).toHaveLength(1))
  const others = [add('b'), add('c')]
  // By now both are in the queue, whose only place in flight is taken.
  await new Promise((resolve) => setTimeout(resolve, 20))
  open()
  await Promise.all([first, ...others])
  expect(ran).toEqual([
    [['a'], 'a'],
    [['b', 'c'], 'b'],
  ])
})

it('a database that is away: the query span says why, the request span is an error', async () => {
  // Nothing listens on port 9.
  const address = { uri: 'bolt://127.0.0.1:9', username: 'neo4j', password: 'x', database: 'neo4j' }
  const settings = { NEO4J_URI: address.uri, NEO4J_PASSWORD: 'x', LOG_LEVEL: 'silent', PORT: '0' }
  const away = await startService(readConfig(settings), address, false)
  const answer = await fetch(`${away.url}/users/${you!.id}`)
  await away.stop()
  expect(answer.status).toBe(503)
  const { request, children } = await spans()
  expect([request.status.code, request.attributes['http.response.status_code']]).toEqual([
    SpanStatusCode.ERROR,
    503,
  ])
  expect(children.length).toBeGreaterThan(0)
  for (const child of children) {
    expect(child.status.code).toBe(SpanStatusCode.ERROR)
    expect(child.status.message).toMatch(/^[a-z]+$/)
  }
})
