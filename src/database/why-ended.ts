// Turns the last output of a Neo4j that has ended into one sentence: what is wrong and what to do.
import { readFileSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseError } from './choose.ts'
import type { Folder } from './folder.ts'
import type { Memory } from './settings.ts'

/** Another program took the port after it was found free and before Neo4j listened on it: try another port. */
export class PortTaken extends Error {}

/** A Neo4j that has ended by itself. */
export type Ended = { folder: Folder; version: string; memory: Memory; javaHome?: string }

/** Sizes of a folder's logs at some moment. */
export type Marks = { path: string; from: number }[]
// Java and Neo4j 2026 report errors on the console, Neo4j 5 only in its own log.
export const markLogs = (folder: Folder): Marks =>
  [folder.userLog, folder.console].map((path) => ({ path, from: sizeOf(path) }))

/** The text that was written to the logs since the marks were made. */
export const sinceThen = (marks: Marks): string => marks.map(({ path, from }) => tail(path, from)).join('\n')

/** Explains an exit status (128 + signal, as a shell counts) by the output. */
export function whyEnded(run: Ended, status: number, text: string): Error {
  const where = `its logs are in ${dirname(run.folder.console)}`
  if (/BindException|Address already in use/.test(text)) return new PortTaken()
  if (/FileLockException|store_lock|Lock file has been locked/.test(text))
    return new DatabaseError(
      `Another Neo4j works on ${run.folder.root}: end it, or name another folder with --data (${where}).`,
    )
  if (/UnsupportedClassVersionError/.test(text))
    return new DatabaseError(
      `The Java in ${run.javaHome} is too old for Neo4j ${run.version}: install Java 21 or newer, or start Docker, or set NEO4J_URI.`,
    )
  if (/garbage collectors selected|Conflicting collector/.test(text))
    return new DatabaseError(
      `Neo4j runs with the parallel collector: take the other one out of JDK_JAVA_OPTIONS or JAVA_TOOL_OPTIONS (${where}).`,
    )
  if (/Could not reserve enough space|Cannot allocate memory|OutOfMemoryError|insufficient memory/.test(text))
    return new DatabaseError(
      `Neo4j did not get the ${run.memory.heap + run.memory.pageCache} MB that it needs: free some memory, or set NEO4J_URI to a Neo4j elsewhere (${where}).`,
    )
  if (/No space left on device/.test(text))
    return new DatabaseError(
      `The disk that holds ${run.folder.root} is full: make room and start again (${where}).`,
    )
  if (status > 128)
    return new DatabaseError(`Neo4j was ended by signal ${status - 128}: start again (${where}).`)
  return new DatabaseError(`Neo4j ended with status ${status}: ${lastWords(text)} (${where}).`)
}

/** The most useful line of an output: the last cause of a Java stack trace, otherwise the last line. */
export function lastWords(text: string): string {
  const lines = text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => !/fatal exception has occurred|Could not create the Java/.test(line))
  const errors = lines.filter((line) => /^Caused by: |\bERROR\b|^Error|Exception/.test(line))
  const chosen = errors.at(-1) ?? lines.filter((line) => line !== '' && !line.startsWith('WARNING')).at(-1)
  return chosen === undefined ? 'it said nothing' : chosen.replace(/^Caused by: /, '').slice(0, 300)
}

/** The file's size; 0 if there is no file. */
export function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0
}

// A log that is shorter than before was rotated: then all of it is new.
function tail(path: string, from: number): string {
  try {
    const bytes = readFileSync(path)
    return bytes.subarray(bytes.length < from ? 0 : from).toString('utf8')
  } catch {
    return ''
  }
}

/** Whether Neo4j's log says, after the offset `from`, that its databases are closed. Neo4j idles for ten seconds after that. */
export const hasClosed = (folder: Folder, from: number): boolean =>
  tail(folder.debugLog, from).includes("Stopped 'DatabaseId{00000000[system]}' successfully")
