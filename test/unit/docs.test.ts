// Every link of the documentation leads somewhere, and every command and option that it names exists. Its shell blocks run in test/docs.
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { RELATION_KINDS } from '../../src/relations/kinds.ts'
import { broken, PAGES, pageOf } from '../docs/pages.ts'

describe('links', () => {
  it.each(PAGES)('of %s lead somewhere', (page) => {
    expect(pageOf(page).links.flatMap((link) => broken(page, link) ?? [])).toEqual([])
  })

  it('of docs/README.md and docs/llms.txt lead to every page', () => {
    const pages = readdirSync('docs').filter((name) => name.endsWith('.md') && name !== 'README.md')
    for (const index of ['docs/README.md', 'docs/llms.txt']) {
      const links = [...readFileSync(index, 'utf8').matchAll(/\]\(([^)]+)\)/g)].map(
        ([, link]) => link as string,
      )
      expect(links.flatMap((link) => broken(index, link) ?? [])).toEqual([])
      expect([index, pages.filter((page) => !links.some((link) => link.split('#')[0] === page))]).toEqual([
        index,
        [],
      ])
    }
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

describe('files in a sentence', () => {
  const named = PAGES.flatMap((page) =>
    pageOf(page).inline.flatMap((code) =>
      /^(?:src|test|cypher|docs|tools)\/[\w./-]+\.(?:ts|mjs|cypher|md)$/.test(code) ? [{ page, code }] : [],
    ),
  )
  it('exist', () => {
    expect(named.length).toBeGreaterThan(60)
    expect(named.filter(({ code }) => !existsSync(code))).toEqual([])
  })
})

describe('commands in a sentence', () => {
  // The file options of import and export come from the table of relation kinds.
  const source = `${readFileSync('src/cli.ts', 'utf8')}${RELATION_KINDS.map(({ plural }) => `--${plural} `).join('')}`
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

describe('the repository stands alone', () => {
  // Each name is in two pieces, so that this file is no hit of its own.
  const OUTSIDE = new RegExp(
    [
      'of the con' + 'tract',
      'CONTRACT sec' + 'tion',
      'DESIGN sec' + 'tion',
      '\\b(?:CONTRACT|DESIGN|RELIABILITY|LIBRARIES)\\.' + 'md',
      'shar' + 'ed/',
    ].join('|'),
  )
  const ROOTS = ['src', 'cypher', 'test', 'docs', 'bench', 'examples', '.ci']
  const OWN = [
    'README.md',
    'CONTRIBUTING.md',
    'CHANGELOG.md',
    'Dockerfile',
    'docker-compose.yml',
    'package.json',
  ]
  const texts = (path: string): string[] =>
    statSync(path).isDirectory()
      ? readdirSync(path).flatMap((name) =>
          ['node_modules', 'dist', 'results'].includes(name) ? [] : texts(join(path, name)),
        )
      : [path]
  const cites = (text: string, file: string) =>
    text
      .split('\n')
      .flatMap((line, index) => (OUTSIDE.test(line) ? [`${file}:${index + 1}: ${line.trim()}`] : []))

  it('names no page that is not in it', () => {
    const files = [...OWN, ...ROOTS.flatMap(texts)]
    expect(files.length).toBeGreaterThan(300)
    expect(files.flatMap((file) => cites(readFileSync(file, 'utf8'), file))).toEqual([])
  })

  it('and a cite of one is found', () => {
    expect(cites(`x\n// as DESIGN.${'md'} says`, 'a.ts')).toHaveLength(1)
    expect(cites(`CONTRACT sec${'tion'} 4`, 'a.ts')).toHaveLength(1)
    expect(cites('docs/api.md', 'a.ts')).toEqual([])
  })
})
