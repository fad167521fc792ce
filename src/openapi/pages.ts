// Describes the pages beside the API: health, metrics, the OpenAPI document and the documentation.
import type { Response } from './responses.ts'
import { closed, constant, type Schema } from './schema.ts'

type Page = { operationId: string; summary: string; responses: Record<string, Response> }

const answer = (description: string, type: string, schema: Schema): Response => ({
  description,
  content: { [type]: { schema } },
})
const text: Schema = { type: 'string' }
const anything: Schema = { type: 'object', additionalProperties: true }

const page = (
  operationId: string,
  summary: string,
  responses: Record<string, Response>,
): Page & Record<string, unknown> => ({
  operationId,
  tags: ['Beside the API'],
  summary,
  responses,
  security: [],
})

/** The GET operation of each page, by path. The pages are outside `/stream/0` and need no token. */
export const PAGES = {
  '/health/live': page('healthLive', 'Whether the process runs.', {
    200: answer('It does.', 'application/json', closed({ status: constant('live') })),
  }),
  '/health/ready': page('healthReady', 'Whether requests can be answered.', {
    200: answer('They can.', 'application/json', closed({ status: constant('ready') })),
    503: {
      ...answer(
        'Not yet, or not now; the reason is one word.',
        'application/json',
        closed({ status: constant('not ready'), reason: text }),
      ),
      headers: { 'Retry-After': { description: 'Seconds.', required: true, schema: { type: 'integer' } } },
    },
  }),
  '/metrics': page('metrics', 'Metrics for Prometheus.', { 200: answer('The metrics.', 'text/plain', text) }),
  '/openapi.json': page('openapi', 'This description.', {
    200: answer('OpenAPI 3.1.', 'application/json', {
      type: 'object',
      required: ['openapi', 'info', 'paths'],
      properties: { openapi: text, info: anything, paths: anything },
    }),
  }),
  '/docs': page('docs', 'A readable reference of this description.', {
    200: answer('The page.', 'text/html', text),
  }),
}
