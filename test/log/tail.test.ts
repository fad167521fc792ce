// The tail of a log whose entries are pruned before it has read them.
import { expect, it, vi } from 'vitest'
import { dropOld } from '../../src/events/keep.ts'
import { createTail } from '../../src/events/tail.ts'
import { ownGraph } from '../support/own-graph.ts'

const graph = ownGraph()

it('ends subscriptions that would miss pruned events, and shows no events of before', async () => {
  const { log } = graph.parts.events
  let open: (() => void) | null = null
  let gate = Promise.resolve()
  // This instance stands still between two reads.
  const tail = createTail({
    ...log,
    async entriesAfter(ordinal) {
      await gate
      return log.entriesAfter(ordinal)
    },
  })
  const listener = { tokenHash: null, userId: null }
  try {
    const { last: begin } = await log.bounds()
    const first = tail.listen(listener)
    await vi.waitFor(() => expect(first.recent(begin)).not.toBeNull(), 20_000)
    const [ada, bo] = [await graph.kit.createUser(), await graph.kit.createUser()]
    await vi.waitFor(() => expect(first.recent(begin)?.events).toHaveLength(2), 20_000)

    gate = new Promise((resolve) => (open = resolve))
    await graph.kit.follow(ada, bo)
    await graph.kit.createUser()
    // All entries but the newest are too old: that of the follow is among them.
    expect(await dropOld(graph.parts, { days: 0, most: 1n })).toBeGreaterThan(0)
    expect((await log.bounds()).droppedEvent).toBeGreaterThan(begin)
    ;(open as unknown as () => void)()
    await first.over
    expect(first.ended).toBe('log')

    const second = tail.listen(listener)
    expect(second.recent(begin)?.events ?? []).toEqual([])
    const { last } = await log.bounds()
    await vi.waitFor(() => expect(second.recent(last)).toEqual({ events: [], upTo: last }), 20_000)
  } finally {
    tail.stop()
  }
}, 120_000)
