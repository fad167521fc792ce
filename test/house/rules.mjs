// Knows which part of the house may import which, and what may be touched in one place only. `npm run check` runs it.
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join, posix, relative, sep } from 'node:path'
import { pathToFileURL } from 'node:url'

// From the bottom up: a part imports from lower parts and from itself; a type may be imported from anywhere.
const ORDER = [
  ['graph'],
  ['http', 'database'],
  ['config', 'users'],
  ['tokens'],
  ['relations'],
  ['transfer', 'picture'],
  ['routes'],
  ['openapi', 'docs', 'router', 'plan-ahead', 'warm-up'],
  ['app'],
  ['service'],
  ['commands', 'testing'],
  ['cli'],
]
const RANK = new Map(ORDER.flatMap((parts, rank) => parts.map((part) => [part, rank])))

const ONE_PLACE = [
  { what: /from 'neo4j-driver'/, where: /^graph\//, why: 'only src/graph/ speaks to the driver' },
  { what: /\bprocess\.env\b/, where: /^config\.ts$/, why: 'only src/config.ts reads the environment' },
  { what: /\bctx\.body\b/, where: /^http\/respond\.ts$/, why: 'only src/http/respond.ts writes a response' },
]

/** The breaches of the rules in a `src` folder, a line each. */
export function breaches(src) {
  const found = []
  for (const path of walk(src)) {
    const file = relative(src, path).split(sep).join('/')
    const part = partOf(file)
    const lines = readFileSync(path, 'utf8').split('\n')
    if (!RANK.has(part) && part !== 'api')
      found.push(`${file}: this part has no place in test/house/rules.mjs`)
    lines.forEach((line, index) => {
      const place = `${file}:${index + 1}`
      for (const { what, where, why } of ONE_PLACE) {
        if (what.test(line.replace(/\/\/.*$/, '')) && !where.test(file)) found.push(`${place}: ${why}`)
      }
      const target = line.match(/(?:from|import\() ?'(\.[^']+)'/)?.[1]
      if (target === undefined) return
      const other = partOf(posix.normalize(posix.join(posix.dirname(file), target)))
      if (other === part || isType(lines, index)) return
      if (!((RANK.get(other) ?? -1) < (RANK.get(part) ?? 99)))
        found.push(`${place}: ${part} may not import ${other}`)
    })
  }
  return found
}

const partOf = (file) => file.split('/')[0].replace(/\.ts$/, '')

// Whether the import statement that ends on this line imports types only.
function isType(lines, index) {
  let start = index
  while (start > 0 && !/^(import|export)\b/.test(lines[start])) start -= 1
  const statement = lines.slice(start, index + 1).join(' ')
  if (/^(import|export) type\b/.test(statement)) return true
  const names = statement.match(/\{([^}]*)\}/)?.[1]
  return names?.split(',').every((name) => name.trim() === '' || /^type\s/.test(name.trim())) ?? false
}

function* walk(folder) {
  for (const name of readdirSync(folder)) {
    const path = join(folder, name)
    if (statSync(path).isDirectory()) yield* walk(path)
    else if (name.endsWith('.ts')) yield path
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const found = breaches('src')
  for (const line of found) console.error(`src/${line}`)
  process.exitCode = found.length === 0 ? 0 : 1
}
