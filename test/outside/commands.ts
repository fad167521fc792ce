// Runs commands of the compiled program against the test database, for the tests of what people get wrong.
import { once } from 'node:events'
import type { AddressInfo, Server } from 'node:net'
import { afterAll, beforeAll, expect, inject } from 'vitest'
import { ConfigError } from '../../src/config/values.ts'
import { readConfig } from '../../src/config.ts'
import { program } from '../faults/built.ts'
import { endPrograms, type Run, runProgram } from '../support/program.ts'

const neo4j = inject('neo4j')
const servers: Server[] = []
export const ENV = {
  NEO4J_URI: neo4j.uri,
  NEO4J_USERNAME: neo4j.username,
  NEO4J_PASSWORD: neo4j.password,
  NEO4J_DATABASE: neo4j.database,
}
export type Settings = Record<string, string | undefined>

/** To be called once in each test file that runs commands. */
export function useCommands(): void {
  beforeAll(() => void program(), 60_000)
  afterAll(() => {
    for (const server of servers.splice(0)) server.close()
    endPrograms()
  })
}

export const start = (
  args: string[],
  settings: Settings = {},
  stdin: 'ignore' | 'pipe' | number = 'ignore',
) => runProgram(args, { ...ENV, ...settings }, stdin)

export async function ended(command: Run) {
  const status = await command.exited
  return { status, printed: command.printed(), told: command.told().trim() }
}
export const run = (args: string[], settings: Settings = {}) => ended(start(args, settings))

export async function listening(server: Server): Promise<number> {
  servers.push(server)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

/** One sentence for people (two at most), and no trace of where the program stood. */
export function expectSentence(
  said: { status: unknown; told: string; printed: string },
  sentence: RegExp,
  status = 1,
) {
  expect(said.told).toMatch(sentence)
  expect(said.told.split('\n')).toHaveLength(1)
  expect(said.told).not.toMatch(/ {4}at |Neo4jError|undefined|\[object/)
  expect(said.printed).toBe('')
  expect(said.status).toBe(status)
}

/** What settings are refused with. */
export function refusedSettings(settings: Settings): string {
  try {
    readConfig(settings)
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError)
    return (error as Error).message
  }
  return 'nothing'
}
