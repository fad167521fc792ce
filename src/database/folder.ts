// Knows the layout of a data folder (`--data`) and what in it stays the same from start to start: password and port.
import { createHash, randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
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
  /** Files of a bulk import under way; see bulk.ts. */
  loading: string
  /** What Neo4j's process itself printed, all starts in a row. */
  console: string
  /** What Neo4j tells people. */
  userLog: string
  debugLog: string
}

/** Where the parts of a data folder are; nothing is made. */
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

/** Makes the folder, for its owner only. */
export function openFolder(data: string): Folder {
  const folder = folderAt(data)
  const { root, home } = folder
  try {
    mkdirSync(root, { recursive: true, mode: 0o700 })
    for (const part of ['conf', 'data', 'logs', 'run', 'plugins', 'import', 'licenses'])
      mkdirSync(join(home, part), { recursive: true })
  } catch (error) {
    throw new DatabaseError(
      `The data folder ${root} cannot be written (${(error as NodeJS.ErrnoException).code}): mend its permissions or name another with --data.`,
      error,
    )
  }
  return folder
}

/** Has a Neo4j ever worked on this folder's data? */
export const hasDatabase = (folder: Folder): boolean => existsSync(databaseOf(folder))

const databaseOf = (folder: Folder) => join(folder.home, 'data', 'databases', 'neo4j')
const begunMark = (folder: Folder) => join(folder.loading, 'begun')

/** Notes that from now on until the loader has ended well the database is half written. */
export const noteBegun = (folder: Folder): void => writeWord(begunMark(folder), 'half written')
/** Notes that the loader has ended well. */
export const noteLoaded = (folder: Folder): void => rmSync(begunMark(folder))

export const CUT_SHORT = 'An earlier import into the empty database was cut short: it is empty again.'

/**
 * Removes what a bulk import leaves behind: its files, and a database that is half written, of which nothing can be
 * used and which was empty before. True where there was such a database.
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

/** The folder's password: made at the first start, the same ever after. */
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
 * Neo4j takes its first password from this file, as `neo4j-admin dbms set-initial-password` writes it: SHA-256 over
 * salt and password, 1024 times. Writing it here saves a start of the Java machine; an older database ignores it.
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

/** Notes where the database answers while it runs, for other commands on the same folder; undefined when it ends. */
export function noteAddress(folder: Folder, uri: string | undefined): void {
  if (uri === undefined) rmSync(join(folder.root, 'address'), { force: true })
  else writeWord(join(folder.root, 'address'), uri)
}

/** Where the folder's database answers now, if it runs. */
export const addressOf = (folder: Folder): string | undefined => readWord(join(folder.root, 'address'))

/** Notes which Neo4j works on the folder's data from now on. */
export function noteVersion(folder: Folder, version: string): void {
  writeWord(join(folder.root, 'version'), version)
}

/**
 * The port to listen on: the wanted one, which is remembered, else the remembered one, else any that is free (chosen
 * by the kernel). A wanted port that is taken is an error; in place of a remembered one another stands in, this once.
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
  const last = Number(readWord(path) ?? 0)
  const remembered = last > 0 && last < 65536
  if (remembered && !fresh && (await isFree(last))) return last
  const port = await freePort(0)
  if (!remembered) writeWord(path, String(port))
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

// Aside and renamed: a full disk or a crash leaves the old word or the new one, never half.
function writeWord(path: string, word: string): void {
  writeFileSync(`${path}.new`, `${word}\n`, { mode: 0o600 })
  renameSync(`${path}.new`, path)
}
