// The explorer in Chromium: a long list, of which the page keeps a part, searched and sorted.
import { randomInt } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { createParts } from '../../src/create-parts.ts'
import { crowd, disperse } from '../lists/crowd.ts'
import { startTestService } from '../support/service.ts'
import { becomes, rowsOf, shows, signIn, useExplorer } from './explorer-page.ts'

vi.setConfig({ testTimeout: 180_000, hookTimeout: 120_000 })

const service = await startTestService()
const { open } = useExplorer()
const word = `zq${randomInt(36 ** 6).toString(36)}`
const [ann, bo] = [await service.user({ name: 'Ann Reader' }), await service.user({ name: `Bo ${word}` })]

describe('a list of 2,000 followers', () => {
  const COUNT = 2_000
  const from = 2n ** 60n + BigInt(randomInt(2 ** 40)) * 10_000n
  const parts = createParts(service.neo4j, { maxFollowing: null })
  beforeAll(() => crowd(parts.graph, BigInt(bo.id), from, BigInt(COUNT), false))
  afterAll(async () => {
    await disperse(parts.graph, from, BigInt(COUNT))
    await parts.graph.close()
  })
  const named = (n: number) => String(from + BigInt(n))

  it('is read to its end and back by scrolling, and the page keeps a part only', async () => {
    const { page, wrong } = await open()
    await signIn(page, service.url, ann.token, `#/users/${bo.id}`)
    await becomes(async () => (await rowsOf(page))[0], named(COUNT))
    const most: number[] = []
    const scrollUntil = async (place: string, enough: (rows: string[]) => boolean) => {
      await expect
        .poll(
          async () => {
            await page.evaluate(`scrollTo(0, ${place})`)
            const rows = await rowsOf(page)
            most.push(rows.length)
            return enough(rows)
          },
          { timeout: 120_000, interval: 100 },
        )
        .toBe(true)
    }
    await scrollUntil('document.body.scrollHeight', (rows) => rows.at(-1) === named(1))
    await shows(page, 'End of the list')
    // Whole and in order, after rows were dropped above.
    const rows = await rowsOf(page)
    expect(rows).toEqual(rows.map((_, index) => named(rows.length - index)))
    await scrollUntil('0', (rows) => rows[0] === named(COUNT))
    expect(Math.max(...most)).toBeLessThanOrEqual(1_000)
    expect(wrong).toEqual([])
    await page.close()
  })

  it('stays where it is on the screen while rows above come and go', async () => {
    const { page } = await open()
    await signIn(page, service.url, ann.token, `#/users/${bo.id}`)
    // The row in the middle of the screen, noted at every frame; a jump is a row that moves without being scrolled.
    await expect.poll(async () => (await rowsOf(page)).length, { timeout: 60_000 }).toBeGreaterThan(0)
    let compared = 0
    for (let step = 0; step < 40; step += 1) {
      const before = await page.evaluate<{ id: string; top: number } | null, undefined>(`(() => {
        scrollBy(0, 2_000)
        const row = document.elementFromPoint(200, 300)?.closest('[data-id]')
        return row ? { id: row.dataset.id, top: row.getBoundingClientRect().top } : null
      })()`)
      if (before === null) continue
      await page.evaluate('new Promise((done) => setTimeout(done, 50))')
      const after = await page.evaluate<number | null, undefined>(
        `document.querySelector('[data-id="${before.id}"]')?.getBoundingClientRect().top ?? null`,
      )
      expect(Math.abs((after ?? -9_999) - before.top), `row ${before.id} at step ${step}`).toBeLessThan(2)
      compared += 1
    }
    expect(compared).toBeGreaterThan(20)
    await page.close()
  })

  it('is searched and sorted', async () => {
    const { page } = await open()
    await signIn(page, service.url, ann.token, `#/users/${bo.id}/followers`)
    await page.getByLabel('Order').selectOption('oldest')
    await becomes(async () => (await rowsOf(page))[0], named(1))
    await service.follow(ann, bo)
    await page.getByLabel('Search in this list').fill('ann')
    await becomes(() => rowsOf(page), [ann.id])
    expect(page.url()).toMatch(/followers\?q=ann&sort=oldest$/)
    await service.call('DELETE', `/users/${bo.id}/follow`, { token: ann.token })
    await page.close()
  })
})
