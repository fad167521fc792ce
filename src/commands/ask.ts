// The command `ask`: runs a question of cypher/analysis/ and prints its rows as a table, CSV or JSON.
import { readdirSync, readFileSync } from 'node:fs'
import type { Config } from '../config.ts'
import { CYPHER_FOLDER, parseQuery, type Query } from '../graph/queries.ts'
import type { Row } from '../graph/values.ts'
import type { Parts } from '../parts.ts'
import { csvField } from '../transfer/export/output.ts'
import { UsageError, userGiven } from './accounts.ts'
import { say } from './connect.ts'
import { withParts } from './with-parts.ts'

export type AskCommand = {
  user?: string
  other?: string
  format: 'table' | 'csv' | 'json'
  timeout: string
  data: string
}

const FOLDER = `${CYPHER_FOLDER}analysis/`
const LONGEST_S = 86_400
// The users in the files, which are written for the sample community.
const USERS = { user: '{id: 1}', other: '{id: 2}' } as const
type UserOption = keyof typeof USERS

/** The names of the questions. */
const questions = (): string[] =>
  readdirSync(FOLDER)
    .filter((file) => file.endsWith('.cypher'))
    .map((file) => file.slice(0, -'.cypher'.length))
    .sort()

/** The questions and their descriptions, for `--help`. */
export function questionsHelp(): string {
  const names = questions()
  const width = Math.max(...names.map((name) => name.length))
  return names
    .map((name) => {
      const { about, statement } = load(name)
      const needs = userOptionsOf(statement).map((option) => ` (--${option})`)
      return `  ${name.padEnd(width)}  ${about}${needs.join('')}`
    })
    .join('\n')
}

const load = (name: string): Query =>
  parseQuery(`analysis/${name}`, readFileSync(`${FOLDER}${name}.cypher`, 'utf8'))

const userOptionsOf = (statement: string): UserOption[] =>
  (Object.keys(USERS) as UserOption[]).filter((option) => statement.includes(USERS[option]))

/** Runs one question, which only reads, and prints its rows. */
export async function ask(config: Config, name: string | undefined, command: AskCommand): Promise<number> {
  if (name === undefined || !questions().includes(name))
    throw new UsageError(
      `${name === undefined ? 'Name a question' : `There is no question ${name}`}. There are ${questions().join(', ')}; \`follow-graph ask --help\` says what each answers.`,
    )
  const seconds = Number(command.timeout)
  if (!/^\d+$/.test(command.timeout) || seconds < 1 || seconds > LONGEST_S)
    throw new UsageError(`--timeout must be a whole number of seconds, from 1 to ${LONGEST_S}.`)
  const { statement, columns } = load(name)
  const needed = userOptionsOf(statement)
  for (const option of Object.keys(USERS) as UserOption[]) {
    if (needed.includes(option) && command[option] === undefined)
      throw new UsageError(
        needed.length === 2
          ? `${name} is about two users: name them with --user and --other (an id or @name).`
          : `${name} is about a user: name one with --${option} (an id or @name).`,
      )
    if (!needed.includes(option) && command[option] !== undefined)
      throw new UsageError(`${name} takes no --${option}.`)
  }
  return withParts(config, command.data, async (parts) => {
    const params: Record<string, bigint> = {}
    for (const option of needed) params[option] = await userId(parts, command[option] as string)
    const text = needed.reduce(
      (text, option) => text.replaceAll(USERS[option], `{id: $${option}}`),
      statement,
    )
    const rows = await parts.graph.read(`analysis/${name}`, text, params, seconds * 1_000)
    process.stdout.write(FORMATS[command.format](columns, rows))
    if (rows.length === 0) say('No rows.')
    return 0
  })
}

async function userId(parts: Parts, name: string): Promise<bigint> {
  const reference = userGiven(name)
  const id = 'id' in reference ? reference.id : await parts.users.findByUsername(reference.username)
  const found = id === null ? [] : await parts.users.fetch([id], null, { viewer: false, annotations: false })
  if (id === null || found.length === 0) throw new Error(`There is no user ${name}.`)
  return id
}

type Format = (columns: Query['columns'], rows: Row[]) => string

const FORMATS: Record<AskCommand['format'], Format> = {
  json: (columns, rows) =>
    `${JSON.stringify(rows.map((row) => Object.fromEntries([...columns].map(([name, from], n) => [name, jsonOf(from, row[n])]))))}\n`,
  csv: (columns, rows) =>
    [[...columns.keys()], ...rows.map((row) => row.map(textOf))]
      .map((line) => `${line.map(csvField).join()}\n`)
      .join(''),
  table(columns, rows) {
    const names = [...columns.keys()]
    const lines = [names, ...rows.map((row) => row.map(shortOf))]
    const widths = names.map((_, n) => Math.max(...lines.map((line) => (line[n] as string).length)))
    const isNumber = names.map((_, n) => rows.every((row) => ['bigint', 'number'].includes(typeof row[n])))
    const pad = (field: string, n: number) =>
      isNumber[n] ? field.padStart(widths[n] as number) : field.padEnd(widths[n] as number)
    return lines.map((line) => `${line.map(pad).join('  ').trimEnd()}\n`).join('')
  },
}

// Ids are strings, because a JSON number loses their last digits; counts are numbers. `from` is the expression of the column, such as u.id.
function jsonOf(from: string, value: unknown): unknown {
  if (Array.isArray(value)) return value.map((item) => (typeof item === 'bigint' ? String(item) : item))
  if (typeof value === 'bigint') return from.endsWith('.id') ? String(value) : Number(value)
  return ['string', 'number', 'boolean'].includes(typeof value) || value === null ? value : String(value)
}

function textOf(value: unknown): string {
  if (value === null) return ''
  return Array.isArray(value) ? value.map(textOf).join(' ') : String(value)
}

// A table is for people: four decimals are enough. CSV and JSON have all of them.
const shortOf = (value: unknown): string =>
  typeof value === 'number' ? String(Number(value.toFixed(4))) : textOf(value)
