// Checks which part of the house imports which, and what is touched in one place only. `npm run check` runs it.
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join, posix, relative, sep } from 'node:path'
import { pathToFileURL } from 'node:url'

// From the bottom up: a part imports from lower parts and from itself, types included. A folder in a part may be a part of its own.
const ORDER = [
  // The client runs in browsers: it imports nothing of the service.
  ['clock', 'client'],
  ['graph'],
  ['http', 'database'],
  ['users'],
  ['tokens'],
  ['relations'],
  ['events'],
  ['webhooks', 'moves'],
  ['memory'],
  ['parts'],
  ['config', 'routes', 'startup', 'transfer'],
  ['transfer/import', 'transfer/export', 'transfer/audit', 'transfer/sample', 'picture'],
  ['transfer/seed'],
  ['create-parts', 'openapi', 'docs', 'explorer-page', 'router'],
  ['app'],
  ['service'],
  ['commands', 'testing'],
  ['cli'],
  // The page runs in browsers, built by vite: nobody imports it.
  ['explorer'],
]
// What the page takes with it into the browser.
const IN_BROWSERS = ['client', 'picture']
const RANK = new Map(ORDER.flatMap((parts, rank) => parts.map((part) => [part, rank])))

const ONE_PLACE = [
  { what: /from 'neo4j-driver'/, where: /^graph\//, why: 'only src/graph/ speaks to the driver' },
  { what: /\bprocess\.env\b/, where: /^config\.ts$/, why: 'only src/config.ts reads the environment' },
  { what: /\bctx\.body\b/, where: /^http\/respond\.ts$/, why: 'only src/http/respond.ts writes a response' },
  {
    what: /\bDate\.now\b|new Date\(\)|process\.nextTick|from 'node:timers/,
    where: /^clock\.ts$/,
    why: 'only src/clock.ts reads the clock, for a test suite may replace it',
  },
]

/** The breaches of the rules in a `src` folder, a line each. */
export function breaches(src) {
  const found = []
  for (const path of walk(src)) {
    const file = relative(src, path).split(sep).join('/')
    const part = partOf(file)
    if (!RANK.has(part)) found.push(`${file}: this part has no place in test/house/rules.mjs`)
    for (const [index, line] of readFileSync(path, 'utf8').split('\n').entries()) {
      const place = `${file}:${index + 1}`
      for (const { what, where, why } of ONE_PLACE) {
        if (what.test(line.replace(/\/\/.*$/, '')) && !where.test(file)) found.push(`${place}: ${why}`)
      }
      const target = line.match(/(?:from|import\() ?'(\.[^']+)'/)?.[1]
      if (target === undefined) continue
      const other = partOf(posix.normalize(posix.join(posix.dirname(file), target)))
      if (part === 'explorer' && other !== part && !IN_BROWSERS.includes(other))
        found.push(`${place}: ${part} may not import ${other}`)
      else if (other !== part && !((RANK.get(other) ?? -1) < (RANK.get(part) ?? 99)))
        found.push(`${place}: ${part} may not import ${other}`)
    }
  }
  return found
}

function partOf(file) {
  const folder = file.split('/').slice(0, 2).join('/')
  return RANK.has(folder) ? folder : file.split('/')[0].replace(/\.ts$/, '')
}

function* walk(folder) {
  for (const name of readdirSync(folder)) {
    const path = join(folder, name)
    if (statSync(path).isDirectory()) yield* walk(path)
    else if (/\.tsx?$/.test(name)) yield path
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const found = breaches('src')
  for (const line of found) console.error(`src/${line}`)
  process.exitCode = found.length === 0 ? 0 : 1
}
