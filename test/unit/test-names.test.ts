// The tests that docs/security.md and docs/reliability.md lean on are there.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
// @ts-expect-error a plain script without types
import { foldersOfRuns } from '../house/runs.mjs'

const FOLDERS = readdirSync('test', { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name)

/** The names in code marks that begin with a folder of test/, such as `contract/jwt`. */
function named(file: string): string[] {
  const marked = [...readFileSync(file, 'utf8').matchAll(/`([\w-]+(?:\/[\w-]+)+)`/g)].map(
    (match) => match[1] as string,
  )
  return [...new Set(marked.filter((name) => FOLDERS.includes(name.split('/')[0] as string)))]
}

it.each(['docs/security.md', 'docs/reliability.md'])('%s names test files that exist', (file) => {
  const names = named(file)
  expect(names.length).toBeGreaterThan(10)
  expect(names.filter((name) => !existsSync(`test/${name}.test.ts`))).toEqual([])
})

it('every folder of tests belongs to one run', () => {
  const runs = foldersOfRuns().map(([folder]: [string, string]) => folder)
  const withTests = FOLDERS.filter((folder) =>
    readdirSync(`test/${folder}`, { recursive: true }).some((file) => String(file).endsWith('.test.ts')),
  )
  expect(runs.sort()).toEqual(withTests.sort())
})

it('each point of the OWASP list in docs/security.md has a test', () => {
  const rows = readFileSync('docs/security.md', 'utf8')
    .split('\n')
    .filter((line) => /^\| \d+ /.test(line))
  expect(rows.length).toBe(10)
  for (const row of rows) expect(row.split('|')[3], row.slice(0, 60)).toMatch(/`[\w-]+\/[\w-]+`/)
})
