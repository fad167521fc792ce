// Knows the pages of the documentation: their headings, links and shell blocks, as a markdown parser sees them.
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { lexer, type Token, walkTokens } from 'marked'

/** README, CONTRIBUTING and everything under docs/, paths from the root of the repository. */
export const PAGES = [
  'README.md',
  'CONTRIBUTING.md',
  ...readdirSync('docs', { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.md'))
    .map((path) => join('docs', path))
    .sort(),
]

/** A code block: `language` is the first word of its info string, '' for an indented one; `reason` is the rest. */
export type Block = { page: string; language: string; reason: string; text: string; indented: boolean }
export type Page = { blocks: Block[]; links: string[]; anchors: Set<string>; inline: string[] }

const read = new Map<string, Page>()

/** One page, read once. */
export function pageOf(path: string): Page {
  const known = read.get(path)
  if (known !== undefined) return known
  const page: Page = { blocks: [], links: [], anchors: new Set(), inline: [] }
  const seen = new Map<string, number>()
  walkTokens(lexer(readFileSync(path, 'utf8')), (token: Token) => {
    if (token.type === 'link' || token.type === 'image') page.links.push(token.href as string)
    else if (token.type === 'codespan') page.inline.push(token.text as string)
    else if (token.type === 'html') {
      for (const [, , target] of (token.raw as string).matchAll(/\b(src|href)="([^"]+)"/g))
        page.links.push(target as string)
      for (const [, id] of (token.raw as string).matchAll(/\b(?:id|name)="([^"]+)"/g))
        page.anchors.add(id as string)
    } else if (token.type === 'heading') {
      const slug = slugOf(token.text as string)
      const times = seen.get(slug) ?? 0
      seen.set(slug, times + 1)
      page.anchors.add(times === 0 ? slug : `${slug}-${times}`)
    } else if (token.type === 'code') {
      const [language = '', ...reason] = ((token.lang as string | undefined) ?? '').split(' ')
      page.blocks.push({
        page: path,
        language,
        reason: reason.join(' '),
        text: token.text as string,
        indented: token.codeBlockStyle === 'indented',
      })
    }
  })
  read.set(path, page)
  return page
}

// As GitHub makes it: lower case, no punctuation, a hyphen for each space.
function slugOf(heading: string): string {
  return heading
    .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\p{M}\s_-]/gu, '')
    .trim()
    .replaceAll(' ', '-')
}

/** Why a link of a page leads nowhere; undefined where it leads somewhere, or out of the repository. */
export function broken(page: string, link: string): string | undefined {
  if (/^[a-z][a-z0-9+.-]*:/i.test(link)) return undefined
  const [path = '', anchor] = link.split('#')
  const target = path === '' ? page : normalize(join(dirname(page), decodeURI(path)))
  if (target.startsWith('..')) return `${link}: leaves the repository`
  if (!existsSync(target)) return `${link}: there is no ${target}`
  if (anchor === undefined || anchor === '') return undefined
  if (statSync(target).isDirectory() || !target.endsWith('.md')) return `${link}: ${target} has no headings`
  return pageOf(target).anchors.has(decodeURIComponent(anchor))
    ? undefined
    : `${link}: ${target} has no heading #${anchor}`
}
