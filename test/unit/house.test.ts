// The import rules catch what they forbid, and the house keeps them.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
// @ts-expect-error a plain script without types
import { breaches } from '../house/rules.mjs'

const made: string[] = []
afterEach(() => {
  for (const folder of made.splice(0)) rmSync(folder, { recursive: true })
})

function house(files: Record<string, string>): string[] {
  const folder = mkdtempSync(join(tmpdir(), 'house-'))
  made.push(folder)
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, file)), { recursive: true })
    writeFileSync(join(folder, file), text)
  }
  return breaches(folder)
}

describe('import rules', () => {
  it.each([
    ['a reverse import', { 'graph/a.ts': "import { x } from '../http/b.ts'\n" }, 'graph may not import http'],
    [
      'an import over several lines',
      { 'http/a.ts': "import {\n  x,\n} from '../users/b.ts'\n" },
      'http may not import users',
    ],
    ['the driver elsewhere', { 'users/a.ts': "import neo4j from 'neo4j-driver'\n" }, 'only src/graph/'],
    ['the environment elsewhere', { 'app.ts': 'export const x = process.env.HOME\n' }, 'only src/config.ts'],
    ['a response elsewhere', { 'app.ts': 'ctx.body = 1\n' }, 'only src/http/respond.ts'],
    ['a part without a place', { 'helpers/a.ts': 'export const x = 1\n' }, 'no place'],
  ])('%s is a breach', (_, files, why) => {
    expect(house(files)).toEqual([expect.stringContaining(why)])
  })

  it('types may come from anywhere, and lower parts may be imported', () => {
    expect(
      house({
        'graph/a.ts': "import type { X } from '../http/b.ts'\n",
        'app.ts': "import { y } from './graph/a.ts'\n",
      }),
    ).toEqual([])
  })

  it('the house has none', () => {
    expect(breaches('src')).toEqual([])
  })
})
