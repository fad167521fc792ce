// Knows how a test lets the import's reader, or the whole command, have a text as a file.
import { randomInt } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inject, vi } from 'vitest'
import { importFiles } from '../../src/commands/import.ts'
import { readConfig } from '../../src/config.ts'
import type { Bad, Raw, ReadListener } from '../../src/transfer/import/lines.ts'

const folder = mkdtempSync(join(tmpdir(), 'outside-files-'))
let files = 0
/** For `afterAll` of each test file: they share this module. */
export const removeFiles = (): void => rmSync(folder, { recursive: true, force: true })

/** A new file with this content. */
export function fileOf(content: string | Uint8Array, name = 'list.csv'): string {
  files += 1
  mkdirSync(folder, { recursive: true })
  const path = join(folder, `${files}-${name}`)
  writeFileSync(path, content)
  return path
}

export type Read<R> = (path: string, on: ReadListener) => AsyncIterable<R[]>

/** What the reader makes of the file: the records, and the bad lines with their text. */
export async function readAll<R>(read: Read<R>, path: string) {
  const bad: (Bad & { raw?: Raw | undefined })[] = []
  const records: R[] = []
  for await (const batch of read(path, { bad: (one, raw) => bad.push({ ...one, raw }) }))
    records.push(...batch)
  return { records, bad, lines: bad.map(({ line }) => line) }
}

export const readText = <R>(read: Read<R>, content: string | Uint8Array, name?: string) =>
  readAll(read, fileOf(content, name))

/** Ids that nobody else has on the run's database. */
export function freshIds(): (n: number) => bigint {
  const base = BigInt(randomInt(2 ** 40)) * 1_000_000n
  return (n) => base + BigInt(n)
}

/** Runs `import` on the run's database; answers its status, its counts and what it told, or the error that ended it. */
export async function runImport(command: Omit<Parameters<typeof importFiles>[1], 'data'>) {
  let [told, printed] = ['', '']
  const spies = [
    vi.spyOn(process.stderr, 'write').mockImplementation((piece) => {
      told += piece
      return true
    }),
    vi.spyOn(process.stdout, 'write').mockImplementation((piece) => {
      printed += piece
      return true
    }),
  ]
  const { uri, username, password } = inject('neo4j')
  const config = readConfig({ NEO4J_URI: uri, NEO4J_USERNAME: username, NEO4J_PASSWORD: password })
  try {
    const status = await importFiles(config, { data: 'unused', ...command })
    return { status, told, counts: JSON.parse(printed) as Record<string, number> }
  } finally {
    for (const spy of spies) spy.mockRestore()
  }
}
