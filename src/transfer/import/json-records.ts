// Parses the lines of a JSON lines file into records, and reports the lines that are not records.
import { MAX_LEVELS } from '../../http/plain.ts'
import { shortened } from '../shown.ts'
import type { Cells, Kind, RecordParser } from './kind.ts'
import type { ReadListener } from './lines.ts'

export function jsonParser<R extends object>(name: string, kind: Kind<R>, on: ReadListener): RecordParser<R> {
  return {
    parse(lines, first) {
      const records: R[] = []
      for (const [at, line] of lines.entries()) {
        if (typeof line === 'string' ? line.trim() === '' : line.isPiece === true) continue
        const faults: string[] = []
        const cells = typeof line === 'string' ? parseObject(line, kind) : line.reason
        const record = typeof cells === 'string' ? undefined : kind.convert(cells, faults)
        if (typeof cells === 'string') faults.push(cells)
        const raw = typeof line === 'string' ? line : line.bytes
        if (faults.length === 0 && record !== undefined) {
          on.found?.(record, first + at, () => String(raw))
          records.push(record)
        } else on.bad({ file: name, line: first + at, reason: faults.join('; ') }, raw)
      }
      return { records, used: lines.length }
    },
    restartAfter() {},
  }
}

/** The object of a JSON line, or the fault as a clause. */
function parseObject<R>(text: string, { ids, aliases }: Kind<R>): Cells | string {
  let value: unknown
  try {
    value = JSON.parse(text)
    if (ids.some((id) => isRounded((value as Cells | null)?.[id])))
      value = JSON.parse(withExactIds(text, ids))
  } catch (error) {
    return `the line is not JSON (${shortened((error as Error).message, 120)}): write one object a line`
  }
  if (value === null || typeof value !== 'object' || Array.isArray(value))
    return 'the line is JSON but not an object: write one object a line'
  if (isDeep(value, MAX_LEVELS + 1))
    return `the line has lists or objects nested over ${MAX_LEVELS} levels deep: write it flatter`
  const cells = value as Cells
  for (const [alias, column] of Object.entries(aliases ?? {})) cells[column] ??= cells[alias]
  return cells
}

/** Whether `value` has over `most` levels of nested lists and objects, itself included. Not recursive. */
export function isDeep(value: unknown, most: number): boolean {
  const isNested = (one: unknown) => typeof one === 'object' && one !== null
  let level = [value].filter(isNested)
  for (let depth = 1; depth <= most && level.length > 0; depth += 1)
    level = level.flatMap((one) => Object.values(one as object).filter(isNested))
  return level.length > 0
}

function isRounded(value: unknown): boolean {
  return typeof value === 'number' && !Number.isSafeInteger(value)
}

const JSON_TOKEN = /"([^"\\]*(?:\\.[^"\\]*)*)"(\s*:\s*(\d{16,})(?=\s*[,}]))?|[{}[\]]/g

/** Valid JSON with the long ids of its outermost object quoted, because JSON.parse would round them. */
function withExactIds(text: string, ids: readonly string[]): string {
  let depth = 0
  return text.replace(JSON_TOKEN, (token, key?: string, value?: string, digits?: string) => {
    if (token === '{' || token === '[') depth += 1
    if (token === '}' || token === ']') depth -= 1
    if (depth !== 1 || value === undefined || !ids.includes(key!)) return token
    return token.slice(0, token.length - digits!.length) + JSON.stringify(digits)
  })
}
