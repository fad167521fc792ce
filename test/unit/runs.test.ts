// A run is touched every ten seconds while it goes on, and never after its end.
import { setTimeout as wait } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { asRun } from '../../src/events/runs.ts'
import type { Graph } from '../../src/graph/graph.ts'
import { loadQueries } from '../../src/graph/queries.ts'

it('ends after the touch that is on its way', { timeout: 30_000 }, async () => {
  const done: string[] = []
  let sent = 0
  let arrived = () => {}
  const second = new Promise<void>((resolve) => (arrived = resolve))
  const write = async (name: string) => {
    sent += 1
    if (sent === 2) {
      arrived()
      await wait(200)
    }
    done.push(name)
    return []
  }
  await asRun({ graph: { write } as unknown as Graph, queries: loadQueries() }, 'import', async (run) => {
    await run.changing()
    await second
  })
  await wait(300)
  expect(done).toEqual(['events/touch-run', 'events/touch-run', 'events/end-run'])
})
