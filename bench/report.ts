// Knows how rounds become figures: the median round of each target, ratios to the service, and a table for people.
import type { Case } from './cases.ts'
import type { Cpu, Measured } from './target.ts'

export type Row = {
  case: string
  target: string
  /** Operations a second, the median of the rounds, and each of them. */
  rate: number
  rates: number[]
  p50: number
  p99: number
  firstByte: number
  cpu: Cpu
  rssMb: number
  errors: Record<string, number>
}

const median = (values: number[]): number => {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = Math.floor(sorted.length / 2)
  return sorted.length % 2 === 1
    ? (sorted[middle] as number)
    : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2
}

/** One line of the report from a target's rounds. */
export function summary(name: string, target: string, rounds: Measured[]): Row {
  const of = (value: (round: Measured) => number) => median(rounds.map(value))
  const errors: Record<string, number> = {}
  for (const round of rounds)
    for (const [word, count] of Object.entries(round.errors)) errors[word] = (errors[word] ?? 0) + count
  return {
    case: name,
    target,
    rate: of((round) => round.done / round.seconds),
    rates: rounds.map((round) => Math.round(round.done / round.seconds)),
    p50: of((round) => round.p50),
    p99: of((round) => round.p99),
    firstByte: of((round) => round.firstByte),
    cpu: {
      service: of((round) => round.cpu.service),
      database: of((round) => round.cpu.database),
      generator: of((round) => round.cpu.generator),
    },
    rssMb: of((round) => round.rssMb),
    errors,
  }
}

const COLUMNS: [title: string, value: (row: Row, first: Row) => string][] = [
  ['target', (row) => row.target],
  ['a second', (row) => (row.rate < 100 ? row.rate.toFixed(1) : Math.round(row.rate).toLocaleString('en'))],
  ['service is ×', (row, first) => (row === first ? '' : (first.rate / row.rate).toFixed(2))],
  ['p50 ms', (row) => row.p50.toFixed(2)],
  ['p99 ms', (row) => row.p99.toFixed(2)],
  ['first byte', (row) => row.firstByte.toFixed(2)],
  ['cpu: service', (row) => row.cpu.service.toFixed(3)],
  ['database', (row) => row.cpu.database.toFixed(3)],
  ['generator', (row) => row.cpu.generator.toFixed(3)],
  ['RSS MB', (row) => String(row.rssMb)],
  ['rounds', (row) => row.rates.join(' ')],
  ['errors', (row) => (Object.keys(row.errors).length === 0 ? '' : JSON.stringify(row.errors))],
]

/** The rows of one case as a Markdown table; ratios are to the first row. CPU in ms an operation. */
export function table(rows: Row[], one: Pick<Case, 'name' | 'about' | 'clients'>): string {
  const [first] = rows
  if (first === undefined) return `### ${one.name}: nothing measured\n`
  const cells = [
    COLUMNS.map(([title]) => title),
    ...rows.map((row) => COLUMNS.map(([, value]) => value(row, first))),
  ]
  const widths = COLUMNS.map((_, at) => Math.max(3, ...cells.map((line) => (line[at] as string).length)))
  const lines = cells.map(
    (line) =>
      `| ${line.map((cell, at) => (at === 0 ? cell.padEnd(widths[at] as number) : cell.padStart(widths[at] as number))).join(' | ')} |`,
  )
  lines.splice(
    1,
    0,
    `| ${widths.map((width, at) => (at === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`)).join(' | ')} |`,
  )
  return `### ${one.name}: ${one.about}, ${one.clients} client${one.clients === 1 ? '' : 's'}\n\n${lines.join('\n')}\n`
}
