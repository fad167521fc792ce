// Each patch of the sabotage list still applies to the source as it is. `npm run test:sabotage` runs them.
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
// @ts-expect-error a plain script without types
import { applyEach, applyTo, parse } from '../sabotage/apply.mjs'
// @ts-expect-error a plain script without types
import { PATCHES } from '../sabotage/patches.mjs'

type Patch = {
  n: number
  why: string
  file: string
  in?: string
  find: string
  put: string
  tests: { file: string; only?: string }[]
}
type Applied = { text: string; fault?: string }
const patches = PATCHES as Patch[]
const applied = applyEach(patches) as Applied[]
const parsed = parse(
  patches.map(({ file }, n) => (file.endsWith('.ts') ? (applied[n]?.text ?? '') : '')),
) as {
  valid: boolean
}[]

// The names of these tests are put together from a table.
const NAMES_FROM_TABLES = new Set(['test/lists/lists.test.ts', 'test/memory/changes.test.ts'])

it('has sixty patches, each with a reason of its own and a test that must catch it', () => {
  expect(patches.length).toBeGreaterThanOrEqual(60)
  expect(new Set(patches.map(({ why }) => why)).size).toBe(patches.length)
  for (const { n, tests } of patches) expect(tests.length, `patch ${n}`).toBeGreaterThan(0)
})

it.each(patches)('patch $n applies: $why', ({ n, file, in: wanted, find, put, tests }) => {
  expect(applied[n - 1]?.fault).toBeUndefined()
  expect(wanted === undefined, 'only a .cypher file is searched as a whole').toBe(file.endsWith('.cypher'))
  expect(parsed[n - 1]?.valid, `${file} is still TypeScript`).toBe(true)
  expect(put).not.toBe(find)
  expect(`${find}${put}`).not.toContain('\n')
  for (const { file: test, only } of tests) {
    const text = readFileSync(test, 'utf8')
    if (only !== undefined && !NAMES_FROM_TABLES.has(test)) expect(text, test).toContain(only)
  }
})

describe('a patch', () => {
  const apply = (text: string, patch: { in: string; find: string; put: string }): Applied =>
    applyTo(text, { file: 'a.ts', ...patch }, parse([text])[0].pieces)
  const grow = { in: 'grow', find: "add(size, 'one')", put: 'nothing()' }
  const other = "function shrink() { return add(size, 'one') }\n"

  it.each([
    ['where it was written', "function grow() { return add(size, 'one') }"],
    ['behind other lines', "\n\n// add(size, 'one')\nconst grow = (a: number) => add(size, 'one')"],
    [
      'over several lines',
      "const all = {\n  grow() {\n    return add(\n      size,\n      'one',\n    )\n  },\n}",
    ],
    ['with other quotes', 'class All { grow() { return add( size, "one" ) } }'],
  ])('changes its function and nothing else: %s', (_, text) => {
    const { text: changed } = apply(other + text, grow)
    expect(changed.startsWith(other)).toBe(true)
    expect(changed.slice(other.length)).toMatch(/(return|=>) nothing\(\)/)
  })

  it.each([
    ['has no such function', other, 'a.ts has 0 functions named grow'],
    ['has two', 'const grow = 1\nfunction grow() {}', 'a.ts has 2 functions named grow'],
    ['has other code', 'function grow() { return add(sizes, 1) }', 'grow of a.ts has 0 times'],
    [
      'has the code twice',
      "function grow() { add(size, 'one'); add(size, 'one') }",
      'grow of a.ts has 2 times',
    ],
  ])('does not apply where the file %s', (_, text, fault) => {
    expect(apply(text, grow).fault).toContain(fault)
  })
})
