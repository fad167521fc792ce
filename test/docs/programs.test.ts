// The whole programs of docs/clients.md run as they stand, but for the address, the user, and pages so small that there are two.
import { execFileSync } from 'node:child_process'
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { fetched, run } from '../clients/tools.ts'
import { startTestService } from '../support/service.ts'

// Every program has to wait: it makes more than two calls.
const service = await startTestService({ RATE_LIMIT: 'read=2/1,write=1/1' })
const [me, star, ...fans] = await service.users(5)
const folder = mkdtempSync(join(tmpdir(), 'follow-graph-programs-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const page = readFileSync('docs/clients.md', 'utf8')
const programs = new Map(
  [...page.matchAll(/<!-- program: (\S+) -->\n```\w+[^\n]*\n([\s\S]*?)```/g)].map(([, name, text]) => [
    name as string,
    (text as string)
      .replaceAll('http://127.0.0.1:3000', service.url)
      .replaceAll('@albaq', `@${star?.username}`)
      .replaceAll('count=200', 'count=2'),
  ]),
)

beforeAll(async () => {
  // Where programs find the package and the types of Node.
  const installed = join(folder, 'node_modules/follow-graph')
  mkdirSync(join(folder, 'node_modules'), { recursive: true })
  mkdirSync(installed)
  execFileSync('node_modules/.bin/tsc', ['-p', 'tsconfig.build.json', '--outDir', join(installed, 'dist')])
  copyFileSync('package.json', join(installed, 'package.json'))
  symlinkSync(resolve('node_modules/@types'), join(folder, 'node_modules/@types'))
  symlinkSync(resolve('node_modules/undici-types'), join(folder, 'node_modules/undici-types'))
  writeFileSync(join(folder, 'package.json'), '{"type": "module"}')
  for (const [name, text] of programs) writeFileSync(join(folder, name), text)
  for (const { id } of fans) await service.follow(id, star!.id)
}, 120_000)

const COMMANDS: Record<string, (name: string) => Promise<{ status: number | null; output: string }>> = {
  async ts(name) {
    const options = '--strict --target es2023 --module nodenext --types node --skipLibCheck false'.split(' ')
    const compiled = await run(resolve('node_modules/.bin/tsc'), [...options, name], folder)
    expect([compiled.status, compiled.output]).toEqual([0, ''])
    return run(process.execPath, [name.replace(/ts$/, 'js')], folder, environment)
  },
  py: (name) => run(fetched('bin/python'), ['-W', 'error', name], folder, environment),
  sh: (name) => run('sh', [name], folder, environment),
}
const environment = { T: me!.token, NO_PROXY: '*' }

it('there are programs in each language', () => {
  expect([...programs.keys()]).toEqual([
    'client.ts',
    'fetch.ts',
    'with_requests.py',
    'with_urllib.py',
    'curl.sh',
  ])
})

it.each([...programs.keys()])('%s prints what it should', { timeout: 120_000 }, async (name) => {
  const { status, output } = await COMMANDS[name.split('.')[1] as string]!(name)
  // A shell script that talks about retries does so on stderr.
  const said = output
    .trim()
    .split('\n')
    .at(-1)
    ?.replace(/^albaq/, star!.username)
  expect([status, said], output).toEqual([
    0,
    `${star!.username} has 4 followers, the newest is ${me!.username}`,
  ])
})
