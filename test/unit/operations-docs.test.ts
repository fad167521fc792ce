// docs/operations.md shows the settings that the program reads, no more and no fewer.
import { readFileSync, writeFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { SETTINGS } from '../../src/config/settings.ts'

const FILE = 'docs/operations.md'

it('docs/operations.md has the table of settings (UPDATE_DOCS=1 writes it)', () => {
  const rows = Object.entries(SETTINGS).map(
    ([name, { help }]) => `| \`${name}\` | ${help.replaceAll('|', '\\|')} |`,
  )
  const table = ['| setting | what it is (default) |', '| --- | --- |', ...rows].join('\n')
  const text = readFileSync(FILE, 'utf8')
  const renewed = text.replace(/(<!-- settings -->\n)[\s\S]*?(<!-- \/settings -->)/, `$1${table}\n$2`)
  if (process.env.UPDATE_DOCS === '1') writeFileSync(FILE, renewed)
  else expect(text).toBe(renewed)
  expect(renewed).toContain('| `NEO4J_URI` |')
})
