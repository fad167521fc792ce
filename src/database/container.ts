// Records, inspects and ends the container that runs on a data folder; docker.ts starts it.
import { readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { wait } from '../clock.ts'
import { DatabaseError } from './choose.ts'
import { ask, type Engine } from './engine.ts'
import type { Folder } from './folder.ts'

/** A container, and the engine that runs it. */
export type Container = { id: string; engine: Engine }

/** The state of a container as its engine reports it; `gone`: removed, or being removed; `silent`: the engine does not answer. */
export type ContainerState =
  | { is: 'running' }
  | { is: 'ended'; status: number; outOfMemory: boolean }
  | { is: 'gone' }
  | { is: 'silent' }

const ASK_MS = 5_000
const LABEL = 'follow-graph.folder'
/** Seconds that a left-over database gets to close itself before it is killed; the same as for a Java process. */
const STOP_TIMEOUT_S = 3

const noteOf = (folder: Folder) => join(folder.root, 'container')

/** The label of a folder's container, made from the folder's inode: it survives a rename, and a copy of the folder has another one. */
export function labelsOf(folder: Folder): Record<string, string> {
  const { dev, ino } = statSync(join(folder.home, 'data'), { bigint: true })
  return { [LABEL]: `${dev}:${ino}` }
}

/** Records the container that is about to start on a folder, so that the next start can end it if this process was killed. */
export function noteContainer(folder: Folder, container: Container): void {
  writeFileSync(`${noteOf(folder)}.new`, JSON.stringify(container), { mode: 0o600 })
  renameSync(`${noteOf(folder)}.new`, noteOf(folder))
}

function readNote(folder: Folder): Container | undefined {
  try {
    return JSON.parse(readFileSync(noteOf(folder), 'utf8')) as Container
  } catch {
    return undefined
  }
}

async function inspect({ id, engine }: Container): Promise<Record<string, unknown> | 'gone' | 'silent'> {
  try {
    const { status, body } = await ask(engine, 'GET', `/containers/${id}/json`, ASK_MS)
    if (status === 404) return 'gone'
    return status === 200 ? (body as Record<string, unknown>) : 'silent'
  } catch {
    return 'silent'
  }
}

export async function stateOfContainer(container: Container): Promise<ContainerState> {
  const found = await inspect(container)
  if (typeof found === 'string') return { is: found }
  const state = found.State as { Running: boolean; ExitCode: number; OOMKilled: boolean; Status: string }
  if (state.Running || state.Status === 'created') return { is: 'running' }
  // Docker keeps a container that it has killed as `removing` while it deletes its files, for seconds on a busy machine.
  if (state.Status === 'removing' || state.Status === 'dead') return { is: 'gone' }
  return { is: 'ended', status: state.ExitCode, outOfMemory: state.OOMKilled }
}

/** The last lines that the container printed. */
export async function lastLines({ id, engine }: Container): Promise<string> {
  try {
    const path = `/containers/${id}/logs?stdout=1&stderr=1&tail=200`
    const { body } = await ask(engine, 'GET', path, ASK_MS)
    return Buffer.isBuffer(body) ? withoutFrames(body) : ''
  } catch {
    return ''
  }
}

// The engine puts eight bytes before each piece of output: the stream's number, three zeros and the length.
function withoutFrames(bytes: Buffer): string {
  const pieces: Buffer[] = []
  for (let at = 0; at + 8 <= bytes.length; ) {
    const end = at + 8 + bytes.readUInt32BE(at + 4)
    pieces.push(bytes.subarray(at + 8, end))
    at = end
  }
  return Buffer.concat(pieces).toString('utf8')
}

/** Sends a signal to the program in a container; does nothing if the container is gone. */
export async function signalContainer({ id, engine }: Container, name: NodeJS.Signals): Promise<void> {
  await ask(engine, 'POST', `/containers/${id}/kill?signal=${name}`, ASK_MS).catch(() => undefined)
}

/** Kills and removes a folder's container, then its record. If the engine does not remove it: returns false and keeps the record. */
export async function removeContainer(folder: Folder, container: Container): Promise<boolean> {
  const { id, engine } = container
  for (let tries = 0; tries < 50; tries += 1) {
    try {
      // The engine answers 409 while the reaper is removing the container.
      await ask(engine, 'DELETE', `/containers/${id}?force=1&v=1`, 2 * ASK_MS)
      if ((await inspect(container)) === 'gone') {
        if (readNote(folder)?.id === id) rmSync(noteOf(folder), { force: true })
        return true
      }
    } catch {
      return false
    }
    await wait(200)
  }
  return false
}

/**
 * Ends the container that an earlier run left on the folder, on the engine that started it. A container without this folder's
 * label belongs to another folder and stays. Returns true if one was running; rejects if it cannot be ended.
 */
export async function endLeftContainer(folder: Folder): Promise<boolean> {
  const container = readNote(folder)
  if (container === undefined) return false
  const found = await inspect(container)
  // If the engine has ended, its containers have ended too; otherwise Neo4j's own lock on the store prevents a second start.
  if (found === 'silent') return false
  const [[name, value]] = Object.entries(labelsOf(folder)) as [[string, string]]
  const labels = found === 'gone' ? {} : ((found.Config as { Labels?: Record<string, string> }).Labels ?? {})
  if (labels[name] !== value) {
    rmSync(noteOf(folder), { force: true })
    return false
  }
  const { id, engine } = container
  const ran = (await stateOfContainer(container)).is === 'running'
  const stop = `/containers/${id}/stop?t=${STOP_TIMEOUT_S}`
  await ask(engine, 'POST', stop, STOP_TIMEOUT_S * 1_000 + ASK_MS).catch(() => undefined)
  if (!(await removeContainer(folder, container)))
    throw new DatabaseError(
      `A container of an earlier run works on ${folder.root} and Docker does not end it: run "docker rm --force ${id.slice(0, 12)}", then start again.`,
    )
  return ran
}
