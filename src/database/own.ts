// Knows how to have a Neo4j of our own on a data folder, by Docker or by Java; it knows nothing of what is stored in it.
import { homedir } from 'node:os'
import { join } from 'node:path'
import { choose, DatabaseError, type Plan } from './choose.ts'
import { claim, endRecorded } from './claim.ts'
import { dockerAnswers, runContainer } from './docker.ts'
import { cachedVersions, checkProgram, fetchProgram, findMaven } from './fetch.ts'
import {
  CUT_SHORT,
  clearLoading,
  type Folder,
  noteAddress,
  noteVersion,
  openFolder,
  passwordOf,
  portOf,
  refuseOlder,
  writeFirstPassword,
} from './folder.ts'
import { findJavas, type Memory, PortTaken, type Running, runNeo4j } from './java.ts'

export { DatabaseError } from './choose.ts'

/** A running database that answers. */
export type OwnDatabase = {
  uri: string
  username: string
  password: string
  version: string
  /** Ends it cleanly, in 20 s at most; may be called twice. */
  stop(): Promise<void>
  /** Resolves with a reason, a sentence, when the database ends without stop(). */
  ended: Promise<string>
}

export type OwnDatabaseOptions = {
  /** The data folder; the same folder gives the same address, password and data at every start. */
  data: string
  /** A port that must be used. */
  port?: number
  /** A Neo4j version that must be used (NEO4J_VERSION). */
  version?: string
  /** Lines for people. */
  say: (line: string) => void
  /** Where fetched program files are kept for every data folder. */
  cacheDir?: string
  docker?: 'auto' | 'off'
  /** DOCKER_HOST. */
  dockerHost?: string
  /** A Java to prefer (JAVA_HOME). */
  javaHome?: string
  /** In MB. */
  memory?: Memory
}

// Enough for a million follows, and little enough that several fit beside each other on a laptop.
const MEMORY: Memory = { heap: 512, pageCache: 256 }

/** The per-user cache of program files; `base` is XDG_CACHE_HOME, if it is set. */
export function defaultCacheDir(base?: string): string {
  return join(base ?? join(homedir(), '.cache'), 'follow-graph')
}

/** Starts the database of a data folder; resolves once it answers a query. Rejects with DatabaseError. */
export async function startOwnDatabase(options: OwnDatabaseOptions): Promise<OwnDatabase> {
  const folder = openFolder(options.data)
  const lock = claim(folder.lock)
  if ('holder' in lock)
    throw new DatabaseError(
      `Process ${lock.holder.pid} already runs a database on ${folder.root}: end it, or name another folder with --data.`,
    )
  try {
    noteAddress(folder, undefined)
    const orphans = await endRecorded(folder.processes)
    if (orphans > 0) options.say('Ended a Neo4j that an earlier, killed run had left behind.')
    if (clearLoading(folder)) options.say(CUT_SHORT)
    const cacheDir = options.cacheDir ?? defaultCacheDir()
    const plan = await makePlan(options, cacheDir)
    const password = passwordOf(folder)
    refuseOlder(folder, plan.version)
    const { port, running } = await start(plan, options, { folder, cacheDir, password })
    noteVersion(folder, plan.version)
    const uri = `bolt://127.0.0.1:${port}`
    noteAddress(folder, uri)
    const release = () => {
      noteAddress(folder, undefined)
      lock.release()
    }
    running.ended.then(release)
    return {
      uri,
      username: 'neo4j',
      password,
      version: plan.version,
      stop: () => running.stop().finally(release),
      ended: running.ended,
    }
  } catch (error) {
    lock.release()
    throw error
  }
}

/** Which Neo4j a data folder gets on this machine, and how. */
export async function makePlan(options: OwnDatabaseOptions, cacheDir: string): Promise<Plan> {
  const docker = options.docker !== 'off' && (await dockerAnswers(options.dockerHost))
  const found = docker ? { javas: [] } : await findJavas(options.javaHome)
  const maven = !docker && (await findMaven())
  return choose({
    docker,
    ...found,
    maven,
    cached: cachedVersions(cacheDir),
    wanted: options.version,
    platform: process.platform,
  })
}

type Place = { folder: Folder; cacheDir: string; password: string }

async function start(
  plan: Plan,
  options: OwnDatabaseOptions,
  place: Place,
): Promise<{ port: number; running: Running }> {
  const { folder, cacheDir, password } = place
  const { version } = plan
  const memory = options.memory ?? MEMORY
  if (plan.kind === 'java') {
    if (plan.fetch) await fetchProgram(cacheDir, version, plan.java, options.say)
    writeFirstPassword(folder, password)
  }
  const jars = plan.kind === 'java' ? await checkProgram(cacheDir, version) : []
  for (let tries = 1; ; tries += 1) {
    const port = await portOf(folder, options.port, tries > 1)
    options.say(`Starting Neo4j ${version} on ${folder.root}${plan.kind === 'docker' ? ' in Docker' : ''} …`)
    try {
      const run = { folder, version, port, password, memory }
      const running =
        plan.kind === 'docker' ? await runContainer(run) : await runNeo4j({ ...run, java: plan.java, jars })
      return { port, running }
    } catch (error) {
      if (!(error instanceof PortTaken)) throw error
      if (tries === 3 || options.port !== undefined)
        throw new DatabaseError(
          `Port ${port} was taken by another program while Neo4j started: start again, or choose one with --port.`,
        )
    }
  }
}
