// The explorer's window on a long list: every row once and in order, to the end and back to the beginning, with a part kept only.
import { randomInt } from 'node:crypto'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { FollowGraphClient } from '../../src/client/client.ts'
import { createParts } from '../../src/create-parts.ts'
import {
  addAfter,
  addBefore,
  emptyWindow,
  PAGE,
  type Params,
  paramsAfter,
  paramsBefore,
  rowsOf,
  type Sort,
  type Window,
} from '../../src/explorer/list/window.ts'
import { startTestService } from '../support/service.ts'
import { crowd, disperse } from './crowd.ts'

vi.setConfig({ testTimeout: 60_000, hookTimeout: 90_000 })

const COUNT = 2_000
const MOST_ROWS = 1_000
const service = await startTestService()
const parts = createParts(service.neo4j, { maxFollowing: null })
const from = 2n ** 60n + BigInt(randomInt(2 ** 40)) * 10_000n
const star = await service.user()
const client = new FollowGraphClient({ url: service.url, token: star.token, retries: 8 })
beforeAll(() => crowd(parts.graph, BigInt(star.id), from, BigInt(COUNT), false))
afterAll(async () => {
  await disperse(parts.graph, from, BigInt(COUNT))
  await parts.graph.close()
})

type Row = { id: string; pagination_id: string }
const read = async (params: Params) => {
  const { data, meta } = await client.call('followers', { user_id: star.id, ...params })
  return { data: data.map(({ id, pagination_id }): Row => ({ id, pagination_id })), meta }
}
const idsOf = (window: Window<Row>) => rowsOf(window).map(({ id }) => id)

it.each(['newest', 'oldest', 'username', 'followers'] as const)('sort=%s', async (sort: Sort) => {
  const whole: string[] = []
  const params = { user_id: star.id, ...(sort === 'newest' ? {} : { sort }) }
  for await (const { id } of client.items('followers', params)) whole.push(id)
  expect(new Set(whole).size).toBe(COUNT)

  let window = emptyWindow<Row>(sort)
  let end = 0
  while (window.after) {
    window = addAfter(window, await read(paramsAfter(window)))
    end += PAGE
    expect(idsOf(window)).toEqual(whole.slice(Math.max(0, end - MOST_ROWS), end))
    expect(window.before).toBe(end > MOST_ROWS)
  }
  expect(end).toBe(COUNT)
  for (let start = COUNT - MOST_ROWS; window.before; ) {
    window = addBefore(window, await read(paramsBefore(window)))
    start -= PAGE
    expect(idsOf(window)).toEqual(whole.slice(start, start + MOST_ROWS))
    expect([window.before, window.after]).toEqual([start > 0, true])
  }
  // And towards the end again.
  window = addAfter(window, await read(paramsAfter(window)))
  expect(idsOf(window)).toEqual(whole.slice(PAGE, PAGE + MOST_ROWS))
})

it('a beginning that grows row by row pushes no page out, nor do pages push it out', async () => {
  const [rest, ...fresh] = Array.from({ length: 6 }, (_, n) =>
    Array.from({ length: n === 0 ? PAGE : 1 }, (_, row) => ({ pagination_id: `${n} ${row}` })),
  )
  const meta = { more: false }
  let window = addAfter(emptyWindow('newest'), { data: rest ?? [], meta: { more: true } })
  for (const data of fresh) window = addBefore(window, { data, meta })
  expect([rowsOf(window).length, window.before, window.after]).toEqual([PAGE + 5, false, true])
  for (const page of [1, 2, 3, 4, 5]) {
    const data = Array.from({ length: PAGE }, (_, row) => ({ pagination_id: `after ${page} ${row}` }))
    window = addAfter(window, { data, meta: { more: true } })
    // What is left holds as many rows as five pages.
    expect([rowsOf(window).length, window.before]).toEqual(
      page < 4 ? [PAGE * (page + 1) + 5, false] : [MOST_ROWS, true],
    )
  }
})

it('rows that are new at the beginning come in when it is asked for', async () => {
  const other = await service.user()
  let window = addAfter(emptyWindow<Row>('newest'), await read({ count: PAGE }))
  await service.follow(other, star)
  window = addBefore(window, await read(paramsBefore(window)))
  expect([idsOf(window)[0], window.before]).toEqual([other.id, false])
  await service.call('DELETE', `/users/${star.id}/follow`, { token: other.token })
})
