// The layout of a data folder (`--data`), and the files in it that stay the same from start to start: password, port and version.
import { createHash, randomBytes } from 'node:crypto'
import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { createServer } from 'node:net'
import { join, resolve } from 'node:path'
import { DatabaseError } from './choose.ts'

/** Paths in a data folder. */
export type Folder = {
  root: string
  /** Neo4j's home: data, logs, conf, run. */
  home: string
  lock: string
  /** Processes that were started for this folder. */
  processes: string
  /** Files of a bulk import in progress; see bulk.ts. */
  loading: string
  /** The output of Neo4j's process; every start appends to it. */
  console: string
  /** Neo4j's log for its users. */
  userLog: string
  debugLog: string
}

/** The paths of a data folder; nothing is created. */
export function folderAt(data: string): Folder {
  const root = resolve(data)
  const home = join(root, 'neo4j')
  return {
    root,
    home,
    lock: join(root, 'lock'),
    processes: join(root, 'processes'),
    loading: join(root, 'loading'),
    console: join(home, 'logs', 'console.log'),
    userLog: join(home, 'logs', 'neo4j.log'),
    debugLog: join(home, 'logs', 'debug.log'),
  }
}

/** Creates the folder if need be, readable by its owner only. */
export function openFolder(data: string): Folder {
  const folder = folderAt(data)
  const { root, home } = folder
  try {
    mkdirSync(root, { recursive: true, mode: 0o700 })
    for (const part of ['conf', 'data', 'logs', 'run', 'plugins', 'import', 'licenses'])
      mkdirSync(join(home, part), { recursive: true })
    // Another user may have run Neo4j here before; in Docker it runs as this user or, for root, as a user of its own.
    for (const part of ['data', 'logs', join('data', 'databases'), join('data', 'dbms')])
      if (existsSync(join(home, part))) accessSync(join(home, part), constants.W_OK)
  } catch (error) {
    throw new DatabaseError(
      `The data folder ${root} cannot be written (${(error as NodeJS.ErrnoException).code}): fix its permissions, name another with --data, or set NEO4J_URI to your own Neo4j.`,
      error,
    )
  }
  return folder
}

/** Whether a Neo4j ever ran on this folder's data. */
export const hasDatabase = (folder: Folder): boolean => existsSync(databaseOf(folder))

const databaseOf = (folder: Folder) => join(folder.home, 'data', 'databases', 'neo4j')
const begunMark = (folder: Folder) => join(folder.loading, 'begun')

/** Records that the database is half written until the loader has succeeded. */
export const noteLoadBegun = (folder: Folder): void => writeWord(begunMark(folder), 'half written')
/** Records that the loader has succeeded. */
export const noteLoaded = (folder: Folder): void => rmSync(begunMark(folder))

export const IMPORT_INTERRUPTED =
  'An earlier import into the empty database was cut short: it is empty again.'

/**
 * Removes the files of a bulk import, and the database if it is half written: nothing of that can be used, and it was empty
 * before. Returns true if there was a half-written database.
 */
export function clearLoading(folder: Folder): boolean {
  const half = existsSync(begunMark(folder))
  if (half) {
    rmSync(databaseOf(folder), { recursive: true, force: true })
    rmSync(join(folder.home, 'data', 'transactions', 'neo4j'), { recursive: true, force: true })
  }
  rmSync(folder.loading, { recursive: true, force: true })
  return half
}

/** The folder's password: generated at the first start, and the same from then on. */
export function passwordOf(folder: Folder): string {
  const path = join(folder.root, 'password')
  const kept = readWord(path)
  if (kept !== undefined) return kept
  if (existsSync(join(folder.home, 'data', 'databases', 'system')))
    throw new DatabaseError(
      `The password of the database in ${folder.root} is gone: put the file ${path} back, or move the folder away to begin with an empty database.`,
    )
  const password = randomBytes(24).toString('base64url')
  writeWord(path, password)
  return password
}

/**
 * Writes the file from which Neo4j takes its first password, in the format of `neo4j-admin dbms set-initial-password`: SHA-256
 * over salt and password, 1024 times. Running that command would start Java once more. A database that has a password ignores the file.
 */
export function writeFirstPassword(folder: Folder, password: string): void {
  const salt = randomBytes(32)
  let digest = createHash('sha256').update(salt).update(password).digest()
  for (let round = 1; round < 1024; round += 1) digest = createHash('sha256').update(digest).digest()
  const dbms = join(folder.home, 'data', 'dbms')
  mkdirSync(dbms, { recursive: true })
  const line = `neo4j:SHA-256,${digest.toString('hex')},${salt.toString('hex')},1024:\n`
  writeFileSync(join(dbms, 'auth.ini'), line, { mode: 0o600 })
}

/** Refuses a Neo4j that is older than the data in the folder. */
export function refuseOlder(folder: Folder, version: string): void {
  const before = readWord(join(folder.root, 'version'))
  if (before !== undefined && before.localeCompare(version, 'en', { numeric: true }) > 0)
    throw new DatabaseError(
      `The data in ${folder.root} was written by Neo4j ${before}, which ${version} cannot read: install Java 21 or newer and unset NEO4J_VERSION, or name another folder with --data.`,
    )
}

/** Records the address of the running database for other commands on the same folder; undefined removes it. */
export function noteAddress(folder: Folder, uri: string | undefined): void {
  if (uri === undefined) rmSync(join(folder.root, 'address'), { force: true })
  else writeWord(join(folder.root, 'address'), uri)
}

/** The address of the folder's database, if it runs. */
export const addressOf = (folder: Folder): string | undefined => readWord(join(folder.root, 'address'))

/** Records the version of Neo4j that runs on the folder's data from now on. */
export function noteVersion(folder: Folder, version: string): void {
  writeWord(join(folder.root, 'version'), version)
}

/**
 * The port to listen on: `wanted`, which is then stored in the folder; otherwise the stored one; otherwise a free one that the
 * kernel chooses. If `wanted` is in use, that is an error; if the stored one is, a free one is used for this start only.
 */
export async function portOf(folder: Folder, wanted: number | undefined, fresh: boolean): Promise<number> {
  const path = join(folder.root, 'port')
  if (wanted !== undefined) {
    if (!(await isFree(wanted)))
      throw new DatabaseError(
        `Port ${wanted} is taken by another program: end it, or give the database another port with --port.`,
      )
    writeWord(path, String(wanted))
    return wanted
  }
  const stored = Number(readWord(path) ?? 0)
  const isStored = stored > 0 && stored < 65536
  if (isStored && !fresh && (await isFree(stored))) return stored
  const port = await freePort(0)
  if (!isStored) writeWord(path, String(port))
  return port
}

async function isFree(port: number): Promise<boolean> {
  return freePort(port).then(
    () => true,
    () => false,
  )
}

function freePort(port: number): Promise<number> {
  return new Promise((done, failed) => {
    const server = createServer()
    server.once('error', failed)
    server.listen({ host: '127.0.0.1', port, exclusive: true }, () => {
      const { port: bound } = server.address() as { port: number }
      server.close(() => done(bound))
    })
  })
}

function readWord(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8').trim() || undefined
  } catch {
    return undefined
  }
}

// Written under another name, then renamed: after a full disk or a crash the file holds the old word or the new one, never half of it.
function writeWord(path: string, word: string): void {
  writeFileSync(`${path}.new`, `${word}\n`, { mode: 0o600 })
  renameSync(`${path}.new`, path)
}
