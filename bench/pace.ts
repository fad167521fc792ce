// Knows how to run closed loops for a time and what their latencies come to; it knows no protocol.
import type { Job, Op, Outcome } from './op.ts'

/** What one request came to: null is well, otherwise a word for the table of errors. */
export type Reply = { failed: string | null; bytes: number; firstByte: number }

/** Runs `clients` loops, each on its own connection from `ask(client)`, until the time is over or the ops are used up. */
export async function pace(job: Job, ask: (client: number, op: Op) => Promise<Reply>): Promise<Outcome> {
  const times: number[] = []
  const firsts: number[] = []
  const errors: Record<string, number> = {}
  let bytes = 0
  let begun = 0
  const start = performance.now()
  const end = start + job.seconds * 1000
  const loop = async (client: number) => {
    for (;;) {
      const began = performance.now()
      if (began >= end || (job.once && begun >= job.ops.length)) return
      const op = job.ops[begun % job.ops.length] as Op
      begun += 1
      const reply = await ask(client, op)
      times.push(performance.now() - began)
      firsts.push(reply.firstByte)
      bytes += reply.bytes
      if (reply.failed !== null) errors[reply.failed] = (errors[reply.failed] ?? 0) + 1
    }
  }
  await Promise.all(Array.from({ length: job.clients }, (_, client) => loop(client)))
  const seconds = (performance.now() - start) / 1000
  const failed = Object.values(errors).reduce((sum, count) => sum + count, 0)
  times.sort((a, b) => a - b)
  firsts.sort((a, b) => a - b)
  const at = (sorted: number[], share: number) =>
    sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0
  return {
    done: times.length - failed,
    errors,
    seconds,
    p50: at(times, 0.5),
    p99: at(times, 0.99),
    firstByte: at(firsts, 0.5),
    bytes,
    begun,
  }
}

/** Serves jobs over IPC until the parent goes. */
export function work(
  ask: (client: number, op: Op) => Promise<Reply>,
  check: (op: Op) => Promise<string>,
): void {
  const say = (message: unknown) => process.send?.(message)
  process.on('message', (order: { job: Job } | { check: Op }) => {
    const answer =
      'job' in order
        ? pace(order.job, ask).then((outcome) => ({ outcome }))
        : check(order.check).then((checked) => ({ checked }))
    answer.then(say, (error: unknown) =>
      say({ failed: error instanceof Error ? error.message : String(error) }),
    )
  })
  process.on('disconnect', () => process.exit(0))
  say({ ready: true })
}
