// What a test does in the explorer: signs in, reads rows, messages and the calls that are shown, and checks accessibility.
import { readFileSync } from 'node:fs'
import { setTimeout as wait } from 'node:timers/promises'
import { expect } from 'vitest'
import { type Page, useChromium, type Watched } from './chromium.ts'

// As text: its types need those of browsers.
const AXE = readFileSync('node_modules/axe-core/axe.min.js', 'utf8')

type Locator = {
  click(): Promise<void>
  fill(text: string): Promise<void>
  press(key: string): Promise<void>
  pressSequentially(text: string, options: { delay: number }): Promise<void>
  inputValue(): Promise<string>
  waitFor(options?: { state?: 'visible' | 'detached'; timeout?: number }): Promise<void>
  textContent(): Promise<string | null>
  selectOption(value: string): Promise<unknown>
  first(): Locator
}
/** More of playwright-core's page than the other tests need. */
export type Explorer = Page & {
  url(): string
  reload(): Promise<unknown>
  getByRole(role: string, options?: { name?: string | RegExp; exact?: boolean }): Locator
  getByLabel(label: string, options?: { exact?: boolean }): Locator
  getByText(text: string | RegExp): Locator
  locator(selector: string): Locator
  emulateMedia(options: { colorScheme: 'light' | 'dark' }): Promise<void>
  setDefaultTimeout(ms: number): void
  keyboard: { press(key: string): Promise<void> }
}

/** Opens a view and signs in with a token, as a person does. */
export async function signIn(page: Explorer, url: string, token: string, hash = '#/'): Promise<void> {
  await page.goto(`${url}/${hash}`)
  await page.getByLabel('Token').fill(token)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.getByRole('button', { name: 'Sign out' }).waitFor()
}

/** Goes to another view of the page. */
export const go = (page: Explorer, hash: string): Promise<unknown> =>
  page.evaluate(`location.hash = ${JSON.stringify(hash)}`)

/** The ids of the rows that the page holds. */
export const rowsOf = (page: Explorer): Promise<string[]> =>
  page.evaluate(`[...document.querySelectorAll('.people [data-id]')].map((row) => row.dataset.id)`)

/** A browser of the file, whose pages are explorers. */
export function useExplorer(): { open(): Promise<Omit<Watched, 'page'> & { page: Explorer }> } {
  const { watchedPage } = useChromium()
  return {
    async open() {
      const { page, ...watched } = await watchedPage()
      const explorer = page as Explorer
      // Everything that is waited for may take a minute.
      explorer.setDefaultTimeout(60_000)
      return { page: explorer, ...watched }
    },
  }
}

/** Waits until a read value is this one. */
export const becomes = (read: () => Promise<unknown>, value: unknown): Promise<void> =>
  expect.poll(read, { timeout: 60_000, interval: 200 }).toEqual(value)

/** Waits until the page's text fits. */
export async function shows(page: Explorer, text: string | RegExp): Promise<void> {
  const read = () => page.evaluate<string, undefined>('document.body.innerText')
  await expect.poll(read, { timeout: 60_000, interval: 200 }).toMatch(text)
}

/** The calls that the view shows, those that are folded too. */
export const callsOf = (page: Explorer): Promise<string[]> =>
  page.evaluate(`[...document.querySelectorAll('.call code')].map(({ textContent }) => textContent)`)

type Violation = { impact: string; id: string; nodes: { html: string }[] }

/** What axe-core finds that is serious or worse, and whether anything is wider than the page. */
export async function faultsOf(page: Explorer): Promise<string[]> {
  // Animations that are not over have other colours.
  await wait(200)
  const violations = await page.evaluate<Violation[], undefined>(
    `${AXE}; axe.run().then(({ violations }) => violations)`,
  )
  const wide = await page.evaluate<boolean, undefined>(
    'document.documentElement.scrollWidth > document.documentElement.clientWidth',
  )
  return violations
    .filter(({ impact }) => ['serious', 'critical'].includes(impact))
    .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`)
    .concat(wide ? ['the page scrolls sideways'] : [])
}
