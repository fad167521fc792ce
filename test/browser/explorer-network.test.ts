// The explorer's network and path in Chromium: drawn, listed, operated by mouse and keyboard, without a breach of the page's policy.
import { afterEach, describe, expect, it, vi } from 'vitest'
import { startTestService } from '../support/service.ts'
import { until } from './chromium.ts'
import {
  becomes,
  callsOf,
  type Explorer,
  faultsOf,
  go,
  rowsOf,
  shows,
  signIn,
  useExplorer,
} from './explorer-page.ts'

vi.setConfig({ testTimeout: 180_000, hookTimeout: 120_000 })

const service = await startTestService()
const { open } = useExplorer()
const [ada, bo, cy, di] = await service.users(4)
for (const [from, to] of [
  [ada, bo],
  [ada, cy],
  [bo, cy],
  [cy, bo],
  [bo, di],
])
  await service.follow(from!, to!)

type Mouse = {
  mouse: { click(x: number, y: number): Promise<void>; move(x: number, y: number): Promise<void> }
}
let opened: Explorer | undefined
afterEach(() => opened?.close())

/** A view, seen by ada. */
async function view(hash: string) {
  const { page, wrong, asked } = await open()
  opened = page
  await signIn(page, service.url, ada!.token, hash)
  // SwiftShader, which draws where there is no graphics card, calls it slow that the point under the mouse is read.
  const ofOurs = () => wrong.filter((text) => !/GPU stall due to ReadPixels|GL Driver Message/.test(text))
  return { page, asked, wrong: ofOurs }
}
const networkOf = (user: { id: string } | undefined) => `#/users/${user!.id}/network`
const drawn = (page: Explorer) =>
  becomes(() => page.evaluate("document.querySelector('.drawing')?.dataset.done"), '1')
const hashOf = (page: Explorer) => page.evaluate<string, undefined>('location.hash')

describe('the network of a person', () => {
  it('is drawn and listed, and shows its calls', async () => {
    const { page, wrong, asked } = await view(networkOf(ada))
    await shows(page, '2 people, 2 follows among them.')
    await drawn(page)
    await shows(page, new RegExp(`Community 1, 2 people[^]*@${bo!.username}`))
    expect((await callsOf(page)).join('\n')).toContain(`/users/${bo!.id}/following/ids?`)
    // Names are drawn on a canvas of their own, which keeps its content.
    await becomes(
      () =>
        page.evaluate(`(() => {
          const canvas = document.querySelector('.sigma-labels')
          const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height)
          return data.some((value) => value !== 0)
        })()`),
      true,
    )
    for (const colorScheme of ['dark', 'light'] as const) {
      await page.emulateMedia({ colorScheme })
      expect(await faultsOf(page), colorScheme).toEqual([])
    }
    await page.setViewportSize({ width: 360, height: 740 })
    expect(await faultsOf(page)).toEqual([])
    expect(wrong()).toEqual([])
    expect(asked.filter((url) => !url.startsWith(`${service.url}/`) && !url.startsWith('data:'))).toEqual([])
  })

  it('goes on to a person who is clicked', async () => {
    // The network of cy has one person, who is in the middle.
    const { page, wrong } = await view(networkOf(cy))
    await drawn(page)
    const { mouse } = page as Explorer & Mouse
    const there = await until(
      async () => {
        const [x, y] = await page.evaluate<[number, number], undefined>(`(() => {
          const drawing = document.querySelector('.drawing')
          if (drawing === null) return [0, 0]
          drawing.scrollIntoView({ block: 'center' })
          const { left, top, width, height } = drawing.getBoundingClientRect()
          return [left + width / 2, top + height / 2]
        })()`)
        await mouse.move(x + 3, y)
        await mouse.click(x, y)
        return hashOf(page)
      },
      (hash) => hash !== networkOf(cy),
    )
    expect(there).toBe(networkOf(bo))
    await shows(page, new RegExp(`Whom @${bo!.username} follows[^]*@${di!.username}`))
    expect(wrong()).toEqual([])
  })

  it('goes on by the keyboard, also without WebGL', async () => {
    const { page, wrong } = await view('#/')
    await page.evaluate('HTMLCanvasElement.prototype.getContext = () => null')
    await go(page, networkOf(ada))
    await shows(page, 'cannot draw with WebGL; the list has the same people')
    await page.locator(`.members a[href="${networkOf(bo)}"]`).press('Enter')
    await becomes(() => hashOf(page), networkOf(bo))
    await shows(page, new RegExp(`Whom @${bo!.username} follows[^]*@${di!.username}`))
    expect(wrong()).toEqual([])
  })
})

it('shows the path between two people, and who is unknown', async () => {
  const { page, wrong } = await view(`#/users/${di!.id}/path`)
  await shows(page, '2 steps, the shortest path.')
  expect(await rowsOf(page)).toEqual([ada!.id, bo!.id, di!.id])
  expect((await callsOf(page)).join('\n')).toContain(`/users/${ada!.id}/following/ids?count=5000`)
  expect(await faultsOf(page)).toEqual([])
  await page.getByLabel('From (@username or id)').fill(bo!.username)
  await page.getByLabel('To (@username or id)').fill(cy!.id)
  await page.getByRole('button', { name: 'Find the path' }).click()
  await shows(page, '1 step, the shortest path.')
  expect(await rowsOf(page)).toEqual([bo!.id, cy!.id])
  expect(wrong()).toEqual([])
  await page.getByLabel('To (@username or id)').fill('nobody_at_all')
  await page.getByRole('button', { name: 'Find the path' }).click()
  await shows(page, 'There is no user @nobody_at_all.')
  // What the browser itself says of a 404.
  expect(wrong()).toEqual([expect.stringContaining('404')])
})
