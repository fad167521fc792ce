// docs/api.md shows the route table as it is. UPDATE_DOCS=1 writes it anew.
import { readFileSync, writeFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { routeTable } from '../house/api-doc.ts'

const FILE = 'docs/api.md'
const TABLE = /(<!-- routes: [^>]*-->\n)([\s\S]*?)(<!-- \/routes -->)/

it('docs/api.md has every route of src/routes/table.ts, with its methods, token and answer', () => {
  const page = readFileSync(FILE, 'utf8')
  if (process.env.UPDATE_DOCS === '1') writeFileSync(FILE, page.replace(TABLE, `$1${routeTable()}\n$3`))
  expect(readFileSync(FILE, 'utf8').match(TABLE)?.[2]?.trim()).toBe(routeTable())
})
