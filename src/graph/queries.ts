// Loads the query files under cypher/ at start, checks each, and derives variants of their statements.
import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { logged } from './log-entry.ts'

/**
 * A checked query file. `statement` has no comments; if the file's header has a line "// Logged", it is wrapped so that it acquires the
 * lock and writes the log's entry (log-entry.ts). `columns` maps each column of the last RETURN to its expression.
 */
export type Query = {
  name: string
  about: string
  statement: string
  parameters: string[]
  columns: Map<string, string>
}

export type Queries = {
  get(name: string): Query
  names(folder?: string): string[]
}

/** The package's cypher/ folder; the relative path is the same from src/graph and from dist/graph. */
export const CYPHER_FOLDER = fileURLToPath(new URL('../../cypher/', import.meta.url))

const FOLDERS = [
  'lists',
  'totals',
  'among',
  'changes',
  'relations',
  'users',
  'moves',
  'tokens',
  'events',
  'webhooks',
  'transfer',
  'audit',
  'picture',
]
const LIST_PARAMETERS = ['user_id', 'viewer_id', 'before', 'since', 'limit']
const CHANGE_PARAMETERS = ['viewer_id', 'target_id', 'max_following', 'client_id', 'accepts', 'id', 'now']
const AMONG_PARAMETERS = ['user_id', 'viewer_id', 'before', 'since', 'ids']
const CHANGE_COLUMNS = ['verdict', 'viewer', 'target', 'events']
const LIST_COLUMNS = ['user', 'user_id', 'pagination_id', 'made_at']
const AMONG_COLUMNS = ['user_id', 'pagination_id', 'made_at']

/** Reads and checks every query file; throws an Error with file and line for the first one that breaks a rule. */
export function loadQueries(folder = CYPHER_FOLDER): Queries {
  const found = new Map<string, Query>()
  for (const part of FOLDERS) {
    for (const file of listFolder(`${folder}${part}`)) {
      const name = `${part}/${file.replace(/\.cypher$/, '')}`
      found.set(name, parseQuery(name, readFileSync(`${folder}${part}/${file}`, 'utf8')))
    }
  }
  return {
    get(name) {
      const query = found.get(name)
      if (query === undefined) throw new Error(`cypher/${name}.cypher does not exist`)
      return query
    },
    names: (part) => [...found.keys()].filter((name) => part === undefined || name.startsWith(`${part}/`)),
  }
}

function listFolder(path: string): string[] {
  try {
    return readdirSync(path)
      .filter((file) => file.endsWith('.cypher'))
      .sort()
  } catch {
    return []
  }
}

/** Checks the text of one file: header comment, declared parameters, returned columns. */
export function parseQuery(name: string, text: string): Query {
  const fail = (line: number, why: string) => new Error(`cypher/${name}.cypher:${line}: ${why}`)
  const lines = text.split('\n')
  if (!/^\/\/ \S/.test(lines[0] ?? ''))
    throw fail(1, 'the first line must be a comment that says what the query answers')
  const header = lines.slice(
    0,
    lines.findIndex((line) => !line.startsWith('//')),
  )
  const statement = lines
    .map((line) => (line.trimStart().startsWith('//') ? '' : line))
    .join('\n')
    .trim()
    .replace(/;$/, '')
  if (statement === '') throw fail(lines.length, 'there is no statement')
  const parameters = [...new Set([...statement.matchAll(/\$(\w+)/g)].map((match) => match[1] as string))]
  const folder = name.split('/')[0]
  const declared = header.flatMap((line) =>
    line.startsWith('// Takes ') ? [...line.matchAll(/\$(\w+)/g)].map((m) => m[1] as string) : [],
  )
  const lineOf = (word: string) =>
    lines.findIndex((line) => !line.startsWith('//') && line.includes(word)) + 1
  const allowed =
    { lists: LIST_PARAMETERS, totals: LIST_PARAMETERS, among: AMONG_PARAMETERS, changes: CHANGE_PARAMETERS }[
      folder as string
    ] ?? declared
  for (const parameter of parameters) {
    if (!allowed.includes(parameter))
      throw fail(lineOf(`$${parameter}`), `$${parameter} is not declared ("// Takes $…" in the header)`)
  }
  for (const parameter of declared) {
    if (!parameters.includes(parameter)) throw fail(1, `$${parameter} is declared but not used`)
  }
  const columns = lastReturn(statement)
  if (folder === 'lists' && LIST_COLUMNS.join() !== [...columns.keys()].join()) {
    throw fail(lineOf('RETURN'), `a list returns ${LIST_COLUMNS.join(', ')}`)
  }
  if (folder === 'among' && AMONG_COLUMNS.join() !== [...columns.keys()].join())
    throw fail(lineOf('RETURN'), `a file of among/ returns ${AMONG_COLUMNS.join(', ')}`)
  if (folder === 'totals' && [...columns.keys()].join() !== 'total')
    throw fail(lineOf('RETURN'), 'a total returns total')
  if (folder === 'changes' && CHANGE_COLUMNS.join() !== [...columns.keys()].join())
    throw fail(lineOf('RETURN'), `a change returns ${CHANGE_COLUMNS.join(', ')}`)
  if (header.some((line) => line.startsWith('// Logged'))) {
    if (columns.size === 0) throw fail(lines.length, 'a logged statement must return something')
    const bulk = header.some((line) => line.startsWith('// Logged: in bulk'))
    const whole = logged(statement, [...columns.keys()], bulk)
    return { name, about: (lines[0] as string).slice(3), statement: whole, parameters, columns }
  }
  return { name, about: (lines[0] as string).slice(3), statement, parameters, columns }
}

// The columns of the last RETURN outside all brackets, because a RETURN inside brackets belongs to a subquery. Commas inside brackets do not
// separate columns.
function lastReturn(statement: string): Map<string, string> {
  const columns = new Map<string, string>()
  const enclosed = (at: number) => {
    const before = statement.slice(0, at)
    return before.split(/[([{]/).length !== before.split(/[)\]}]/).length
  }
  const start = [...statement.matchAll(/\bRETURN /g)].findLast(({ index }) => !enclosed(index))?.index
  if (start === undefined) return columns
  let depth = 0
  let part = ''
  const parts: string[] = []
  for (const char of statement.slice(start + 7).replace(/\s(ORDER BY|LIMIT)\s[\s\S]*$/, '')) {
    if ('([{'.includes(char)) depth += 1
    if (')]}'.includes(char)) depth -= 1
    if (char === ',' && depth === 0) {
      parts.push(part)
      part = ''
    } else part += char
  }
  for (const column of [...parts, part]) {
    const [, expression, alias] = column.trim().match(/^([\s\S]*?)\s+AS\s+(\w+)$/) ?? []
    columns.set(alias ?? column.trim(), expression ?? column.trim())
  }
  return columns
}

/** The statement without its last RETURN. */
export function withoutReturn(query: Query): string {
  return query.statement.slice(0, query.statement.lastIndexOf('RETURN ')).trim()
}

/** The same list in the opposite order, oldest first: every DESC becomes ASC. */
export function ascending(query: Query): Query {
  return { ...query, statement: query.statement.replace(/\bDESC\b/g, 'ASC') }
}

/** A statement that reads a range in ascending order, changed to read it in descending order. */
export const descending = (query: Query): Query => ({
  ...query,
  statement: query.statement.replace(/\bASC\b/g, 'DESC'),
})

/** The statement as a body for `CALL (row) {…}`: `$x` becomes `row.x`, or the text in `keep`. */
export function perRow(statement: string, keep: Record<string, string> = {}): string {
  return statement.replace(/\$(\w+)/g, (_, name: string) => keep[name] ?? `row.${name}`)
}

/** The parameters that a statement uses. With an unused parameter, Neo4j's plan cache would treat it as a different statement. */
export function usedIn(text: string, params: Record<string, unknown>): Record<string, unknown> {
  const names = new Set(Array.from(text.matchAll(/\$(\w+)/g), ([, name]) => name))
  return Object.fromEntries(Object.entries(params).filter(([name]) => names.has(name)))
}
