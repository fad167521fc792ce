// Runs each request in an OpenTelemetry span.
import { context, propagation, type Span, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api'
import type { Context } from 'koa'
import type { RequestInfo } from './observe.ts'

// Without an OpenTelemetry SDK in the process these calls do nothing.
const tracer = trace.getTracer('follow-graph')

/** Runs `work` in a span that is named after the method and the route. */
export function traced(
  ctx: Context,
  info: Pick<RequestInfo, 'route' | 'requestId'>,
  work: () => Promise<void>,
): Promise<void> {
  const parent = propagation.extract(context.active(), ctx.req.headers)
  return tracer.startActiveSpan(ctx.method, { kind: SpanKind.SERVER }, parent, async (span: Span) => {
    try {
      await work()
    } finally {
      if (span.isRecording()) {
        span.updateName(`${ctx.method} ${info.route}`)
        span.setAttributes({
          'http.request.method': ctx.method,
          'http.route': info.route,
          'http.response.status_code': ctx.status,
          'followgraph.request_id': info.requestId,
        })
        if (ctx.status >= 500) span.setStatus({ code: SpanStatusCode.ERROR })
      }
      span.end()
    }
  })
}
