// Makes the pictures of the README (`npm run screenshots`): the explorer on the sample community, in the Chromium of test/clients/install.sh.
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const FILE = 'docs/explorer.png'
const LARGEST = 150_000
const { chromium } = createRequire(join(process.cwd(), '.venv/node/package.json'))('playwright-core')
const data = mkdtempSync(join(tmpdir(), 'follow-graph-screenshots-'))
const service = spawn(process.execPath, ['dist/cli.js', 'serve', '--sample', '--data', data], {
  // A port that readers know from the README.
  env: { ...process.env, PORT: '3000', LOG_LEVEL: 'warn' },
  stdio: ['ignore', 'inherit', 'pipe'],
})
process.once('SIGTERM', () => service.kill('SIGINT'))
const ended = new Promise((done) => service.once('close', done))

const link = () =>
  new Promise((resolve, reject) => {
    let said = ''
    service.stderr.on('data', (piece) => {
      said += piece
      const [found] = /http:\S+#once=[\w-]+/.exec(said) ?? []
      if (found !== undefined) resolve(found)
    })
    service.once('close', () => reject(new Error(`The service ended:\n${said}`)))
  })

async function take(url) {
  const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox'] })
  try {
    const page = await browser.newPage({
      viewport: { width: 960, height: 640 },
      colorScheme: 'light',
      timezoneId: 'UTC',
      locale: 'en-GB',
    })
    await page.goto(url)
    await page.getByLabel('Name or @username').fill('alba')
    await page.getByRole('link', { name: 'Alba Quiroga' }).click()
    await page.locator('ol .row').first().waitFor()
    await page.mouse.move(0, 0)
    await page.screenshot({ path: FILE })
  } finally {
    await browser.close()
  }
}

try {
  await take(await link())
  const { size } = statSync(FILE)
  console.log(`${FILE}: ${size} bytes`)
  if (size > LARGEST) throw new Error(`${FILE} has over ${LARGEST} bytes.`)
} finally {
  service.kill('SIGINT')
  await ended
  rmSync(data, { recursive: true, force: true })
}
