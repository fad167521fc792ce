// The explorer in Chromium: what it says when something is wrong, and whether every reader can use it.
import { randomInt } from 'node:crypto'
import { describe, expect, inject, it, vi } from 'vitest'
import { startFollowGraph } from '../../src/testing.ts'
import { freePort } from '../support/free-port.ts'
import { startTestService } from '../support/service.ts'
import { becomes, faultsOf, go, rowsOf, shows, signIn, useExplorer } from './explorer-page.ts'

vi.setConfig({ testTimeout: 180_000, hookTimeout: 120_000 })

const service = await startTestService()
const { open } = useExplorer()
const word = `zq${randomInt(36 ** 6).toString(36)}`
const [ann, bo] = [await service.user({ name: 'Ann Reader' }), await service.user({ name: `Bo ${word}` })]

describe('when something is wrong', () => {
  it('says that the service is gone, and goes on by itself when it is back', async () => {
    const neo4j = inject('neo4j')
    const settings = { PORT: await freePort(), PLAN_AHEAD: 'off' }
    let other = await startFollowGraph({ neo4j, settings })
    try {
      const { page } = await open()
      await signIn(page, other.url, ann.token, `#/users/${bo.id}`)
      await page.getByRole('heading', { name: `Bo ${word}` }).waitFor()
      await other.stop()
      await go(page, `#/users/${bo.id}/following`)
      await shows(page, 'The service cannot be reached.')
      other = await startFollowGraph({ neo4j, settings })
      await shows(page, 'Nobody yet')
      await page.close()
    } finally {
      await other.stop()
    }
  })

  it('says that there were too many requests, and tries again when it may', async () => {
    const limited = await startFollowGraph({
      neo4j: inject('neo4j'),
      settings: { RATE_LIMIT: 'read=4/8', PLAN_AHEAD: 'off' },
    })
    try {
      const { page } = await open()
      await signIn(page, limited.url, ann.token, `#/users/${bo.id}`)
      await page.getByRole('heading', { name: `Bo ${word}` }).waitFor()
      const tabs = ['following', 'mutuals', 'known']
      let next = 0
      await expect
        .poll(
          async () => {
            await go(page, `#/users/${bo.id}/${tabs[next++ % tabs.length]}`)
            return page.evaluate('document.body.innerText')
          },
          { timeout: 60_000, interval: 300 },
        )
        .toMatch(/Too many requests|rate limit/i)
      await shows(page, 'Nobody yet')
      await page.close()
    } finally {
      await limited.stop()
    }
  })

  it('says that lists are hidden, and that there is no such user', async () => {
    const shy = await service.user()
    await service.call('PATCH', '/users/me', { token: shy.token, json: { hides_lists: true } })
    const { page } = await open()
    await signIn(page, service.url, ann.token, `#/users/${shy.id}`)
    await page.getByRole('alert').waitFor()
    await shows(page, /hides/)
    await go(page, '#/users/@nobody_has_this')
    await shows(page, /no such user/i)
    await page.close()
  })
})

describe('for every reader', () => {
  it.each([
    ['light', 1_000],
    ['dark', 360],
  ] as const)('axe-core finds nothing serious, %s, %i pixels wide', async (colorScheme, width) => {
    const { page } = await open()
    await page.emulateMedia({ colorScheme })
    await page.setViewportSize({ width, height: 700 })
    await page.goto(`${service.url}/`)
    await page.getByLabel('Token').waitFor()
    expect(await faultsOf(page)).toEqual([])
    await signIn(page, service.url, ann.token)
    await page.getByLabel('Name or @username').fill(word)
    await becomes(() => rowsOf(page), [bo.id])
    expect(await faultsOf(page)).toEqual([])
    for (const view of [`users/${bo.id}`, 'me', 'me/suggestions', 'me/requests', 'me/live']) {
      await go(page, `#/${view}`)
      await shows(page, view.startsWith('me') ? 'Ann Reader' : word)
      expect(await faultsOf(page), view).toEqual([])
    }
    await page.close()
  })

  it('says that nobody matches where a list has nobody of that name', async () => {
    const { page } = await open()
    await signIn(page, service.url, ann.token, '#/me/requests')
    await shows(page, 'Nobody waits for an answer')
    await go(page, `#/me/requests?q=${word}`)
    await shows(page, 'Nobody matches')
    await page.close()
  })

  it('announces the same words again', async () => {
    const { page } = await open()
    await signIn(page, service.url, ann.token, `#/users/${bo.id}`)
    const mute = (name: string) => page.getByRole('button', { name: `${name} @${bo.username}`, exact: true })
    await mute('Mute').waitFor()
    await page.evaluate(`(() => {
      globalThis.read = []
      const note = ([{ target }]) => target.textContent === '' || read.push(target.textContent)
      new MutationObserver(note).observe(document.querySelector('.message'), { childList: true, subtree: true, characterData: true })
      globalThis.fetch = () => Promise.reject(new TypeError('no network'))
    })()`)
    for (const times of [1, 2]) {
      await mute('Mute').click()
      await becomes(() => page.evaluate('read.length'), times)
    }
    expect(await page.evaluate('new Set(read).size')).toBe(1)
    await page.close()
  })

  it('works with the keyboard alone', async () => {
    const { page } = await open()
    await page.goto(`${service.url}/`)
    // Of a link or a button its text; a part of the page that has the focus is not one of them.
    const focused = () =>
      page.evaluate<string, undefined>(`(({ tagName, id, textContent }) =>
        ['A', 'BUTTON'].includes(tagName) ? textContent : id)(document.activeElement)`)
    const tabTo = async (name: string) => {
      for (let presses = 0; presses < 40 && !(await focused()).includes(name); presses += 1)
        await page.keyboard.press('Tab')
      expect(await focused()).toContain(name)
    }
    await page.getByLabel('Token').waitFor()
    await tabTo('token')
    await page.getByLabel('Token').fill(ann.token)
    await page.keyboard.press('Enter')
    await page.getByLabel('Name or @username').waitFor()
    await tabTo('Skip to the content')
    await page.keyboard.press('Enter')
    await page.keyboard.press('Tab')
    await page.getByLabel('Name or @username').fill(word)
    await page.getByRole('link', { name: new RegExp(word) }).waitFor()
    await tabTo(word)
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { name: `Bo ${word}` }).waitFor()
    await tabTo('Follow')
    await page.keyboard.press('Enter')
    await page.getByRole('button', { name: `Unfollow @${bo.username}` }).waitFor()
    await becomes(focused, 'Unfollow')
    await page.keyboard.press('Enter')
    await page.getByRole('button', { name: `Follow @${bo.username}`, exact: true }).waitFor()
    await tabTo('Mute')
    await page.keyboard.press('Enter')
    await page.getByRole('button', { name: `Unmute @${bo.username}` }).waitFor()
    expect(await focused()).toBe('Unmute')
    await page.keyboard.press('Enter')
    await page.getByRole('button', { name: `Mute @${bo.username}`, exact: true }).waitFor()
    await page.close()
  })
})
