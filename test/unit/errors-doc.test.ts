// docs/errors.md shows exactly the errors that the service has.
import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { ERRORS } from '../../src/http/errors.ts'

const page = readFileSync(new URL('../../docs/errors.md', import.meta.url), 'utf8')
const rows = page
  .split('\n')
  .filter((line) => /^\| `[a-z-]+` \| \d/.test(line))
  .map((line) =>
    line
      .split('|')
      .map((cell) => cell.trim())
      .slice(1, -1),
  )

it('the table of errors has the same rows in the same order', () => {
  expect(rows.map(([slug, status, meaning]) => [slug, status, meaning])).toEqual(
    Object.entries(ERRORS).map(([slug, { status, meaning }]) => [`\`${slug}\``, String(status), meaning]),
  )
})

it('every row says what to do', () => {
  for (const row of rows) {
    expect(row).toHaveLength(5)
    expect(row[4], row[0]).toMatch(/^[A-Z].{10,}\.$/)
  }
})

it('every error of the grant is on the page', () => {
  const source = readFileSync(new URL('../../src/tokens/oauth.ts', import.meta.url), 'utf8')
  const thrown = new Set([...source.matchAll(/new OAuthError\(\s*'(\w+)'/g)].map(([, error]) => error))
  expect(thrown.size).toBeGreaterThan(3)
  expect(new Set([...page.matchAll(/^\| `(\w+_\w+)` \|/gm)].map(([, error]) => error))).toEqual(thrown)
})
