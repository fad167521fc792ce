// Knows how a test drives Debian's Chromium, and how it watches a page for what goes wrong there.
import { setTimeout as wait } from 'node:timers/promises'
import { afterAll, beforeAll } from 'vitest'
import { load } from '../clients/tools.ts'

type Request = { url(): string }
export type Page = {
  on(event: 'console', listener: (message: { type(): string; text(): string }) => void): void
  on(event: 'pageerror', listener: (error: Error) => void): void
  on(event: 'request', listener: (request: Request) => void): void
  goto(url: string): Promise<unknown>
  evaluate<T, A>(run: ((argument: A) => T | Promise<T>) | string, argument?: A): Promise<T>
  screenshot(options: { path: string }): Promise<unknown>
  setViewportSize(size: { width: number; height: number }): Promise<void>
  close(): Promise<void>
}
type Browser = { newPage(): Promise<Page>; close(): Promise<void> }
type Playwright = { chromium: { launch(options: object): Promise<Browser> } }

/** What went wrong on a page (warnings too), and every address that it asked. */
export type Watched = { page: Page; wrong: string[]; asked: string[] }

/** One browser for the file, ended after it. */
export function useChromium(): { watchedPage(): Promise<Watched> } {
  const { chromium } = load('playwright-core') as Playwright
  let browser: Browser
  beforeAll(async () => {
    // Chromium's own sandbox needs rights that a container's root has not.
    browser = await chromium.launch({
      executablePath: '/usr/bin/chromium',
      args: ['--no-sandbox'],
      timeout: 60_000,
    })
  }, 90_000)
  afterAll(() => browser.close())
  return {
    async watchedPage() {
      const page = await browser.newPage()
      const wrong: string[] = []
      const asked: string[] = []
      page.on('console', (message) => {
        if (['error', 'warning'].includes(message.type())) wrong.push(message.text())
      })
      page.on('pageerror', (error) => wrong.push(String(error)))
      page.on('request', (request) => asked.push(request.url()))
      return { page, wrong, asked }
    },
  }
}

/** Asks until the answer is enough, for half a minute. A policy against eval forbids Playwright's own way of waiting. */
export async function until<T>(ask: () => Promise<T>, enough: (answer: T) => boolean): Promise<T> {
  let answer = await ask()
  for (let tries = 0; tries < 150 && !enough(answer); tries += 1) {
    await wait(200)
    answer = await ask()
  }
  return answer
}
