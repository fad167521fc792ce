// Knows how Neo4j is run by a Docker engine: whether one answers, and a container on the data folder.
import { existsSync } from 'node:fs'
import { request } from 'node:http'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { answers } from '../graph/probe.ts'
import { DatabaseError } from './choose.ts'
import type { Folder } from './folder.ts'
import { type Memory, PortTaken, type Running } from './java.ts'

const PROBE_MS = 2_000
const SOCKET = '/var/run/docker.sock'

/** Does a Docker engine answer? Takes two seconds at most. `host` is DOCKER_HOST. */
export function dockerAnswers(host: string | undefined): Promise<boolean> {
  const where = engineAddress(host)
  if (where === undefined) return Promise.resolve(false)
  return new Promise((tell) => {
    const call = request({ ...where, path: '/_ping', signal: AbortSignal.timeout(PROBE_MS) }, (answer) => {
      answer.resume()
      tell(answer.statusCode === 200)
    })
    call.on('error', () => tell(false))
    call.end()
  })
}

// An engine on another machine cannot see our data folder, nor is its port on 127.0.0.1: it does not count.
function engineAddress(
  host: string | undefined,
): { socketPath: string } | { host: string; port: number } | undefined {
  if (host?.startsWith('unix://')) return { socketPath: host.slice('unix://'.length) }
  if (host?.startsWith('tcp://')) {
    const url = new URL(host)
    if (!['localhost', '127.0.0.1', '[::1]'].includes(url.hostname)) return undefined
    return { host: url.hostname, port: Number(url.port || 2375) }
  }
  if (host?.startsWith('npipe://') || process.platform === 'win32')
    return { socketPath: '//./pipe/docker_engine' }
  return existsSync(SOCKET) ? { socketPath: SOCKET } : undefined
}

export type DockerRun = { folder: Folder; version: string; port: number; password: string; memory: Memory }

/** Starts a container on the folder's data and resolves once it answers a query; only here is testcontainers loaded. */
export async function runContainer(run: DockerRun): Promise<Running> {
  const container = await describe(run)
  const { folder, version } = run
  const started = await container.start().catch((error: unknown) => {
    const said = (error as Error).message.split('\n')[0] ?? ''
    if (/already allocated|already in use/.test(said)) throw new PortTaken()
    throw new DatabaseError(
      `Docker could not start neo4j:${version}: see that it can fetch the image and share ${folder.root}, or set NEO4J_URI (${said}).`,
      error,
    )
  })
  let stopping: Promise<void> | undefined
  const stop = () => (stopping ??= started.stop({ timeout: 20_000 }).then(() => undefined))
  const uri = `bolt://127.0.0.1:${run.port}`
  for (let tries = 0; (await answers(uri, 'neo4j', run.password)) !== 'yes'; tries += 1) {
    if (tries > 300) {
      await stop()
      throw new DatabaseError(
        `Neo4j in Docker did not answer on ${uri}: look into ${run.folder.home}/logs, and start again.`,
      )
    }
    await wait(100)
  }
  // A container that ends is noticed by whoever uses it (its queries fail); nothing here polls the engine for it.
  return { stop, ended: new Promise(() => undefined) }
}

async function describe(run: DockerRun) {
  const missing = (error: unknown) => {
    throw new DatabaseError(
      'A Docker engine is there but @testcontainers/neo4j is not installed: npm install @testcontainers/neo4j testcontainers, or set NEO4J_URI.',
      error,
    )
  }
  const { Neo4jContainer } = await import('@testcontainers/neo4j').catch(missing)
  const { Wait } = await import('testcontainers').catch(missing)
  // Testcontainers publishes ports to the whole network; a database with somebody's data belongs on the loopback.
  class LocalContainer extends Neo4jContainer {
    protected override async beforeContainerCreated(): Promise<void> {
      for (const bindings of Object.values(this.hostConfig.PortBindings ?? {}))
        for (const binding of bindings as { HostIp?: string }[]) binding.HostIp = '127.0.0.1'
    }
  }
  const container = new LocalContainer(`neo4j:${run.version}`)
    .withPassword(run.password)
    .withExposedPorts({ container: 7687, host: run.port })
    .withWaitStrategy(Wait.forListeningPorts())
    .withEnvironment({
      NEO4J_dbms_usage__report_enabled: 'false',
      NEO4J_server_memory_heap_max__size: `${run.memory.heap}m`,
      NEO4J_server_memory_pagecache_size: `${run.memory.pageCache}m`,
      NEO4J_db_tx__log_rotation_retention__policy: 'keep_none',
      NEO4J_db_lock_acquisition_timeout: '2s',
      NEO4J_db_relationship__grouping__threshold: '1',
    })
    .withBindMounts([
      { source: join(run.folder.home, 'data'), target: '/data', mode: 'rw' },
      { source: join(run.folder.home, 'logs'), target: '/logs', mode: 'rw' },
    ])
  // The image's own user could not write a folder of ours, nor could we remove what it wrote. As root the image's
  // start script takes the folder over by itself.
  const uid = process.getuid?.() ?? 0
  return uid === 0 ? container : container.withUser(`${uid}:${process.getgid?.() ?? uid}`)
}
