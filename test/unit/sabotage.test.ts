// The sabotage list: thirty patches of one line, each of which still applies to the tree as it is. `npm run test:sabotage` tries them.
import { existsSync, readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
// @ts-expect-error a plain script without types
import { PATCHES } from '../sabotage/patches.mjs'

type Patch = {
  n: number
  why: string
  file: string
  find: string
  put: string
  tests: { file: string; only?: string }[]
}
const patches = PATCHES as Patch[]

it('has thirty patches, each with a reason of its own and a test that must catch it', () => {
  expect(patches.length).toBeGreaterThanOrEqual(30)
  expect(new Set(patches.map(({ why }) => why)).size).toBe(patches.length)
  for (const { n, tests } of patches) expect(tests.length, `patch ${n}`).toBeGreaterThan(0)
})

it.each(patches)('patch $n applies: $why', ({ file, find, put, tests }) => {
  expect(readFileSync(file, 'utf8').split(find).length - 1, `${find} in ${file}`).toBe(1)
  expect(put).not.toBe(find)
  expect(`${find}${put}`).not.toContain('\n')
  for (const { file: test } of tests) expect(existsSync(test), test).toBe(true)
})
