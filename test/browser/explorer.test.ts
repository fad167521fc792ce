// The explorer in Chromium: signing in, finding, following, requests and live events.
import { randomInt } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import { describe, expect, it, vi } from 'vitest'
import { readConfig } from '../../src/config.ts'
import { startService } from '../../src/service.ts'
import { startTestService } from '../support/service.ts'
import { becomes, callsOf, go, rowsOf, shows, signIn, useExplorer } from './explorer-page.ts'

vi.setConfig({ testTimeout: 180_000, hookTimeout: 120_000 })

const service = await startTestService()
const { open } = useExplorer()
const word = `zq${randomInt(36 ** 6).toString(36)}`
const [ann, bo] = [await service.user({ name: 'Ann Reader' }), await service.user({ name: `Bo ${word}` })]

describe('signing in', () => {
  it('says what is wrong with a token, keeps a good one in the tab only, and forgets it', async () => {
    const { page, wrong, asked } = await open()
    await page.goto(`${service.url}/`)
    await page.getByLabel('Token').fill('nonsense')
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.getByRole('alert').waitFor()
    await shows(page, /token/i)
    // The browser's own line about the 401.
    expect(wrong.splice(0)).toEqual([expect.stringContaining('401')])
    // As somebody copies it from where it was shortened: no call is made of it.
    await page.getByLabel('Token').fill(`${ann.token.slice(0, 9)}…`)
    await page.getByRole('button', { name: 'Sign in' }).click()
    await shows(page, /not a token/)
    await page.getByLabel('Token').fill(` ${ann.token}\n`)
    await page.getByRole('button', { name: 'Sign in' }).click()
    await shows(page, `@${ann.username}`)
    await page.reload()
    await shows(page, `@${ann.username}`)
    expect(await page.evaluate('localStorage.length + document.cookie.length')).toBe(0)
    expect(asked.filter((url) => url.includes(ann.token))).toEqual([])
    await page.getByRole('button', { name: 'Sign out' }).click()
    await page.getByLabel('Token').waitFor()
    await page.reload()
    await page.getByLabel('Token').waitFor()
    expect(await page.evaluate('sessionStorage.length')).toBe(0)
    expect(wrong).toEqual([])
    await page.close()
  })

  it('works once by a link, which leaves no code in the address', async () => {
    const { uri, username, password } = service.neo4j
    const settings = { NEO4J_URI: uri, NEO4J_USERNAME: username, NEO4J_PASSWORD: password }
    const config = readConfig({ ...settings, PORT: '0', LOG_LEVEL: 'silent', PLAN_AHEAD: 'off' })
    const other = await startService(config, service.neo4j)
    try {
      const link = other.signInLink(ann.token) as string
      const { page, wrong } = await open()
      await page.goto(link)
      await shows(page, `@${ann.username}`)
      expect(page.url()).toBe(`${other.url}/#/`)
      expect(wrong).toEqual([])
      await page.close()
      const second = await open()
      await second.page.goto(link)
      await second.page.getByRole('alert').waitFor()
      await shows(second.page, /used before/)
      expect(second.page.url()).toBe(`${other.url}/#/`)
      await second.page.close()
    } finally {
      await other.stop()
    }
  })
})

describe('a search', () => {
  it('keeps every letter, however fast they come', async () => {
    const { page, wrong } = await open()
    await signIn(page, service.url, ann.token)
    const field = page.getByLabel('Name or @username')
    // The pause after which the text goes into the address is 250 ms.
    for (const delay of [30, 240, 255, 262, 270, 290, 400]) {
      await field.fill('')
      await field.pressSequentially(word, { delay })
      await wait(600)
      expect(await field.inputValue(), `${delay} ms between the keys`).toBe(word)
    }
    expect(page.url()).toContain(`q=${word}`)
    expect(wrong).toEqual([])
    await page.close()
  })
})

describe('a person', () => {
  it('is found, followed and unfollowed; counts change, and the calls are shown without the token', async () => {
    const { page, wrong, asked } = await open()
    await signIn(page, service.url, ann.token)
    await page.getByLabel('Name or @username').fill(word)
    await page.getByRole('link', { name: new RegExp(word) }).click()
    await page.getByRole('heading', { name: `Bo ${word}` }).waitFor()
    await page.getByRole('button', { name: `Follow @${bo.username}`, exact: true }).click()
    await page.getByRole('button', { name: `Unfollow @${bo.username}`, exact: true }).waitFor()
    const followers = () => page.locator('[data-count=followers]').textContent()
    expect(await followers()).toBe('1')
    expect((await service.call('GET', `/users/${bo.id}`, { token: ann.token })).body.data.you_follow).toBe(
      true,
    )
    const calls = await callsOf(page)
    expect(calls).toContain(
      `curl -s -X POST -H "Authorization: Bearer $TOKEN" '${service.url}/stream/0/users/${bo.id}/follow'`,
    )
    expect(calls.join()).toContain(`/stream/0/users/${bo.id}/followers?`)
    expect(calls.join()).not.toContain(ann.token)
    await page.getByRole('button', { name: `Unfollow @${bo.username}`, exact: true }).click()
    await becomes(followers, '0')
    await page.getByRole('button', { name: `Block @${bo.username}`, exact: true }).click()
    await page.getByRole('button', { name: `Unblock @${bo.username}`, exact: true }).click()
    await page.getByRole('button', { name: `Mute @${bo.username}`, exact: true }).click()
    await page.getByRole('button', { name: `Unmute @${bo.username}`, exact: true }).click()
    await page.getByRole('button', { name: `Mute @${bo.username}`, exact: true }).waitFor()
    expect(wrong).toEqual([])
    expect(asked.filter((url) => !url.startsWith(`${service.url}/`) && !url.startsWith('data:'))).toEqual([])
    await page.close()
  })

  it('whose account is locked gets a request, and accepts it', async () => {
    const [asking, refused, locked] = await service.users(3)
    await service.call('PATCH', '/users/me', { token: locked!.token, json: { locked: true } })
    const { page } = await open()
    await signIn(page, service.url, asking!.token, `#/users/${locked!.id}`)
    await page.getByRole('button', { name: `Request to follow @${locked!.username}` }).click()
    await page.getByRole('button', { name: `Take back request @${locked!.username}` }).waitFor()
    await page.close()
    await service.call('POST', `/users/${locked!.id}/follow`, { token: refused!.token })
    const theirs = await open()
    await signIn(theirs.page, service.url, locked!.token, '#/me/requests')
    await theirs.page.getByRole('button', { name: `Accept the request of @${asking!.username}` }).click()
    await theirs.page.getByRole('button', { name: `Refuse the request of @${refused!.username}` }).click()
    await becomes(() => rowsOf(theirs.page), [])
    await go(theirs.page, '#/me/followers')
    await becomes(() => rowsOf(theirs.page), [asking!.id])
    await theirs.page.close()
  })

  it('sees a new follower without asking', async () => {
    const [reader, first, second, ...more] = await service.users(8)
    await service.follow(first!, reader!)
    const { page, wrong, asked } = await open()
    await signIn(page, service.url, reader!.token, '#/me')
    await becomes(() => rowsOf(page), [first!.id])
    // The stream begins where it is connected to: what comes before is in the list.
    await expect
      .poll(() => callsOf(page).then(String), { timeout: 60_000 })
      .toContain('/users/me/events/stream')
    const heard = page.getByText(`@${second!.username} follows you now.`).waitFor()
    await service.follow(second!, reader!)
    await heard
    await becomes(() => rowsOf(page), [second!.id, first!.id])
    await becomes(() => page.locator('[data-count=followers]').textContent(), '2')
    // The same where the reader's own page is opened by its id, as in a link of somebody's list; and rows that come one by one stay.
    await go(page, `#/users/${reader!.id}`)
    await becomes(() => rowsOf(page), [second!.id, first!.id])
    for (const [n, other] of more.entries()) {
      await service.follow(other, reader!)
      await becomes(() => page.locator('[data-count=followers]').textContent(), String(3 + n))
      await becomes(() => rowsOf(page).then(({ length }) => length), 3 + n)
    }
    const calls = asked.length
    await wait(2_000)
    expect(asked.length - calls).toBeLessThan(3)
    await go(page, '#/me/live')
    await shows(page, `@${second!.username} follows @${reader!.username}`)
    expect(wrong).toEqual([])
    await page.close()
  })
})
