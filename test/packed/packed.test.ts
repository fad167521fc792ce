// The package from its tarball: what it holds, that it runs from an empty folder, and that the example projects pass with it.
import { execFileSync } from 'node:child_process'
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join, posix, resolve } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { stripVTControlCharacters } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { endAll, heard, processesOf, run, start } from './stranger.ts'

const INSTALL = ['install', '--no-audit', '--no-fund']
const place = mkdtempSync(join(tmpdir(), 'follow-graph-packed-'))
const at = (name: string) => join(place, name)
let tarball: string

beforeAll(async () => {
  await run('npm', ['pack', '--pack-destination', place], resolve('.'))
  tarball = at(readdirSync(place).find((name) => name.endsWith('.tgz')) as string)
})
afterAll(() => {
  endAll()
  rmSync(place, { recursive: true, force: true, maxRetries: 20, retryDelay: 200 })
})

function emptyFolder(name: string): string {
  mkdirSync(at(name))
  return at(name)
}

const megabytes = (folder: string) =>
  Number(execFileSync('du', ['-sm', folder], { encoding: 'utf8' }).split('\t')[0])

describe('the tarball', () => {
  const listed = () =>
    execFileSync('tar', ['-tzf', tarball], { encoding: 'utf8' })
      .trim()
      .split('\n')
      .map((path) => path.replace(/^package\//, ''))

  it('holds the program, its types, its queries and its docs, and nothing else', () => {
    const kinds = [
      /^(package\.json|README\.md|CHANGELOG\.md|CONTRIBUTING\.md|LICENSE)$/,
      /^dist\/.+(\.js|\.d\.ts)$/,
      /^dist\/viewer\/LICENSE\.txt$/,
      /^cypher\/.+\.cypher$/,
      /^dist\/explorer\/(index\.html|explorer\/([\w-]+\.(js|css)|LICENSES(-worker)?\.txt))$/,
      /^docs\/.+\.(md|svg|png|txt|ipynb)$/,
      /^examples\/[\w-]+\/((src|test)\/)?[\w.-]+\.(md|json|js|mjs|ts|py|txt)$/,
    ]
    expect(listed().filter((path) => !kinds.some((kind) => kind.test(path)))).toEqual([])
    expect(listed()).toEqual(
      expect.arrayContaining([
        'dist/cli.js',
        'dist/testing.js',
        'dist/testing.d.ts',
        'dist/viewer/rapidoc-min.js',
        'dist/explorer/index.html',
        'dist/explorer/explorer/LICENSES.txt',
      ]),
    )
  })

  it('holds what src compiles to, no more and no less', () => {
    const compiled = listed().filter((path) => /^dist\/(?!viewer\/|explorer\/).*\.js$/.test(path))
    // The explorer's sources are bundled.
    const sources = readdirSync('src', { recursive: true, encoding: 'utf8' }).filter(
      (path) => path.endsWith('.ts') && !path.startsWith('explorer/'),
    )
    expect(compiled.sort()).toEqual(sources.map((path) => `dist/${path.replace(/\.ts$/, '.js')}`).sort())
  })

  it('holds what its pages link to', () => {
    const files = listed()
    const pages = files.filter((path) => /^[^/]+\.md$|^docs\/.+\.md$/.test(path))
    const links = pages.flatMap((page) =>
      [...readFileSync(page, 'utf8').matchAll(/\]\((?![a-z]+:|#)([^)#\s]+)/g)].map(([, link]) =>
        posix.normalize(posix.join(posix.dirname(page), link as string)),
      ),
    )
    expect(links.length).toBeGreaterThan(20)
    const there = (link: string) =>
      files.some((file) => file === link || file.startsWith(link.replace(/\/?$/, '/')))
    expect(links.filter((link) => !there(link))).toEqual([])
  })

  it('is as big as the README says', () => {
    const said = Number(/package is a download of ([\d.]+) MB/.exec(readFileSync('README.md', 'utf8'))?.[1])
    const size = statSync(tarball).size / 1e6
    console.log(`the tarball has ${size.toFixed(2)} MB`)
    expect(Math.abs(size - said)).toBeLessThanOrEqual(0.1)
  })
})

describe('in an empty folder', () => {
  let folder: string
  beforeAll(async () => {
    folder = emptyFolder('empty')
    await run('npm', [...INSTALL, tarball], folder)
    console.log(`installed with all it depends on: ${megabytes(join(folder, 'node_modules'))} MB`)
  })
  const LISTENS = /listens on (http:\/\/[\d.]+:\d+)/

  it('npx follow-graph serve --sample serves the sample until Ctrl-C', async () => {
    const program = start('npx', ['follow-graph', 'serve', '--sample'], folder, { PORT: '0' })
    const url = await heard(program, LISTENS, 180_000)
    const token = await heard(program, /"access_token":"([^"]+)"/, 20_000)
    const headers = { Authorization: `Bearer ${token}` }
    const answer = await fetch(`${url}/stream/0/users/2/followers?count=3`, { headers })
    expect(answer.status).toBe(200)
    expect(await answer.json()).toMatchObject({ data: [{}, {}, {}], meta: { code: 200, more: true } })
    const viewer = await fetch(`${url}/docs/viewer.js`)
    expect([viewer.status, (await viewer.text()).length > 100_000]).toEqual([200, true])
    const page = await fetch(url, { headers: { Accept: 'text/html' } })
    expect([page.status, await page.text()]).toEqual([200, expect.stringContaining('/explorer/index-')])
    const code = await heard(program, /#once=([\w-]+)/, 1_000)
    const signedIn = await fetch(`${url}/explorer/sign-in`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ code }),
    })
    const { data } = (await signedIn.json()) as { data: { access_token: string } }
    expect([signedIn.status, data.access_token]).toEqual([200, token])
    expect(processesOf(folder)).not.toEqual([])
    // A terminal sends Ctrl-C to all that it started.
    process.kill(-(program.child.pid as number), 'SIGINT')
    // npx has its own way with the signal: now and then it is ended by it, before the program that it started is.
    expect([0, null], program.said()).toContain(await program.exited)
    for (let tries = 0; processesOf(folder).length > 0 && tries < 300; tries += 1) await wait(100)
    expect(processesOf(folder)).toEqual([])
    expect(program.said()).toContain('Stopping …')
  })

  it('keeps its data, and ends on SIGTERM', async () => {
    const program = start(join(folder, 'node_modules/.bin/follow-graph'), ['serve'], folder, { PORT: '0' })
    const url = await heard(program, LISTENS, 180_000)
    const answer = await fetch(`${url}/stream/0/users/@albaq`)
    expect(await answer.json()).toMatchObject({ data: { id: '2', username: 'albaq' } })
    program.child.kill('SIGTERM')
    expect(await program.exited, program.said()).toBe(0)
    expect(processesOf(folder)).toEqual([])
  })
})

describe('examples', () => {
  // The one in Python is run beside the other programs in Python, by test/clients.
  const projects = readdirSync('examples', { withFileTypes: true }).filter(
    (entry) => entry.isDirectory() && entry.name !== 'pytest',
  )
  const passed: Record<string, RegExp> = {
    vitest: /Tests\s+(\d+) passed \(\1\)/,
    jest: /Tests:\s+(\d+) passed, \1 total/,
    mocha: /(\d+) passing(?![\s\S]*failing)/,
    'node-test': /# pass (\d+)\n# fail 0/,
  }

  it('are all run', () => {
    expect(projects.map(({ name }) => name).sort()).toEqual(Object.keys(passed).sort())
  })

  it.each(projects.map(({ name }) => name))('%s passes its tests', async (name) => {
    const folder = emptyFolder(name)
    cpSync(join('examples', name), folder, {
      recursive: true,
      filter: (path) => !path.includes('node_modules'),
    })
    await run('npm', [...INSTALL, '--save-dev', tarball], folder)
    if (existsSync(join(folder, 'tsconfig.json'))) await run('npm', ['run', 'check'], folder)
    const said = await run('npm', ['test'], folder)
    const count = Number(passed[name]?.exec(stripVTControlCharacters(said))?.[1])
    console.log(`examples/${name}: ${count} tests passed`)
    expect(count, said).toBeGreaterThanOrEqual(3)
    expect(processesOf(folder)).toEqual([])
  })
})
