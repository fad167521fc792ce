// The import rules catch what they forbid, and the house keeps them.
import { spawnSync } from 'node:child_process'
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
// @ts-expect-error a plain script without types
import { breaches } from '../house/rules.mjs'

const BIOME = resolve('node_modules/@biomejs/biome/bin/biome')

const made: string[] = []
afterEach(() => {
  for (const folder of made.splice(0)) rmSync(folder, { recursive: true })
})

function folderOf(files: Record<string, string>): string {
  const folder = mkdtempSync(join(tmpdir(), 'house-'))
  made.push(folder)
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, file)), { recursive: true })
    writeFileSync(join(folder, file), text)
  }
  return folder
}

const house = (files: Record<string, string>): string[] => breaches(folderOf(files))

describe('import rules', () => {
  it.each([
    ['a reverse import', { 'graph/a.ts': "import { x } from '../http/b.ts'\n" }, 'graph may not import http'],
    [
      'a reverse import of a type',
      { 'graph/a.ts': "import type { X } from '../http/b.ts'\n" },
      'graph may not',
    ],
    [
      'an import from a folder beside it',
      { 'transfer/audit/a.ts': "import { x } from '../import/b.ts'\n" },
      'transfer/audit may not import transfer/import',
    ],
    [
      'an import over several lines',
      { 'http/a.ts': "import {\n  x,\n} from '../users/b.ts'\n" },
      'http may not import users',
    ],
    ['the driver elsewhere', { 'users/a.ts': "import neo4j from 'neo4j-driver'\n" }, 'only src/graph/'],
    ['the environment elsewhere', { 'app.ts': 'export const x = process.env.HOME\n' }, 'only src/config.ts'],
    ['a response elsewhere', { 'app.ts': 'ctx.body = 1\n' }, 'only src/http/respond.ts'],
    ['the clock elsewhere', { 'app.ts': 'const at = Date.now()\n' }, 'only src/clock.ts'],
    [
      'the timers elsewhere',
      { 'app.ts': "import { setTimeout } from 'node:timers/promises'\n" },
      'only src/clock.ts',
    ],
    [
      'the service in the page',
      { 'explorer/a.tsx': "import { x } from '../graph/b.ts'\n" },
      'explorer may not import graph',
    ],
    [
      'the page in the service',
      { 'service.ts': "import { x } from './explorer/a.ts'\n" },
      'may not import explorer',
    ],
    ['a part without a place', { 'helpers/a.ts': 'export const x = 1\n' }, 'no place'],
  ])('%s is a breach', (_, files, why) => {
    expect(house(files)).toEqual([expect.stringContaining(why)])
  })

  it('lower parts may be imported', () => {
    expect(
      house({
        'app.ts': "import { y } from './graph/a.ts'\n",
        'transfer/import/a.ts': "import { z } from '../b.ts'\n",
        'explorer/a.tsx': "import { z } from '../client/client.ts'\n",
      }),
    ).toEqual([])
  })

  it('the house has none', () => {
    expect(breaches('src')).toEqual([])
  })
})

describe('the linter', () => {
  const linted = (files: Record<string, string>): string => {
    const folder = folderOf(files)
    copyFileSync('biome.json', join(folder, 'biome.json'))
    const args = [BIOME, 'lint', '--vcs-enabled=false', '--only=suspicious/noImportCycles', 'src']
    const { stdout, stderr } = spawnSync(process.execPath, args, { cwd: folder, encoding: 'utf8' })
    return stdout + stderr
  }
  const importing = (name: string, from: string) =>
    `import type { ${name} } from '${from}'\n\nexport type Of${name} = ${name}[]\n`

  it('refuses a circle of imports, of types as well', () => {
    const circle = linted({
      'src/a.ts': importing('OfA', './b.ts'),
      'src/b.ts': importing('OfOfA', './a.ts'),
    })
    expect(circle).toContain('This import is part of a cycle')
  })

  it('takes a line of imports', () => {
    const line = linted({ 'src/a.ts': importing('OfA', './b.ts'), 'src/b.ts': 'export type OfA = string\n' })
    expect(line).toContain('Checked 2 files')
    expect(line).not.toContain('cycle')
  })
})
