// Every link of the documentation leads somewhere, and every command and option that it names exists. Its shell blocks run in test/docs.
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { broken, PAGES, pageOf } from '../docs/pages.ts'

describe('links', () => {
  it.each(PAGES)('of %s lead somewhere', (page) => {
    expect(pageOf(page).links.flatMap((link) => broken(page, link) ?? [])).toEqual([])
  })

  it('that lead nowhere are found', () => {
    expect(broken('README.md', 'docs/api.md#pages')).toBeUndefined()
    expect(broken('docs/api.md', 'errors.md')).toBeUndefined()
    expect(broken('docs/api.md', 'docs/errors.md')).toMatch('there is no docs/docs/errors.md')
    expect(broken('README.md', 'docs/api.md#page')).toMatch('no heading #page')
    expect(broken('docs/api.md', '#routs')).toMatch('no heading #routs')
    expect(PAGES.flatMap((page) => pageOf(page).links).length).toBeGreaterThan(20)
  })
})

describe('commands in a sentence', () => {
  const source = readFileSync('src/cli.ts', 'utf8')
  const named = PAGES.flatMap((page) =>
    pageOf(page).inline.flatMap((code) => {
      const words = code.match(/^(?:npx )?follow-graph ([a-z].*)$/)?.[1]?.split(/\s+/)
      return words === undefined || words[0] === 'listens' ? [] : [{ page, code, words }]
    }),
  )
  it('name commands and options that exist', () => {
    expect(named.length).toBeGreaterThan(3)
    for (const { page, code, words } of named) {
      expect(source, `${page}: ${code}`).toMatch(new RegExp(`'${words[0]}[' ]`))
      for (const option of words.filter((word) => word.startsWith('--')))
        expect(source, `${page}: ${code}`).toMatch(new RegExp(`${option}[' ]`))
    }
  })
})
