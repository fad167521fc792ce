// Two names of one file on a command line are refused before a file or a database is opened.
import { linkSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { exportFiles } from '../../src/commands/export.ts'
import { importFiles } from '../../src/commands/import.ts'
import { readConfig } from '../../src/config.ts'

const folder = mkdtempSync(join(tmpdir(), 'same-file-'))
afterAll(() => rmSync(folder, { recursive: true }))
const TEXT = 'id\n1\n'
const file = (name: string) => join(folder, name)
const [users, hard, soft] = [file('users.csv'), file('hard.csv'), file('soft.csv')]
writeFileSync(users, TEXT)
linkSync(users, hard)
symlinkSync(users, soft)
const sameWay = `${folder}/./users.csv`

// No database listens there: what is not refused before is another error.
const config = readConfig({ NEO4J_URI: 'bolt://127.0.0.1:1', NEO4J_PASSWORD: 'x' })
const data = 'unused'

it.each([
  ['itself', users],
  ['another way to it', sameWay],
  ['a link', soft],
  ['a hard link', hard],
])('import --reject refuses %s, and the file stays', async (_, reject) => {
  await expect(importFiles(config, { data, users, reject })).rejects.toThrow(
    '--reject would overwrite the file that is imported: name another one.',
  )
  expect(readFileSync(users, 'utf8')).toBe(TEXT)
})

it.each([
  ['itself', users, users],
  ['a link', users, soft],
  ['another way to a file that is there', users, sameWay],
  ['another way to a file that is not there yet', file('new.csv'), relative('', file('new.csv'))],
])('export refuses %s as the file of another export', async (_, one, follows) => {
  await expect(exportFiles(config, { data, users: one, follows })).rejects.toThrow(
    `${follows} is named twice: give each export a file of its own.`,
  )
})
