// Knows how a target is started, given its load, and measured: each is a process, and so is its generator.
import { type ChildProcess, type ForkOptions, fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { cpuMs, residentMb } from './cpu.ts'
import type { Answer, Job, Op, Order, Outcome, Viewer } from './op.ts'

export const TARGETS = ['service', 'raw', 'textbook', 'graphql', 'pg', 'pg-rendered'] as const
export type TargetName = (typeof TARGETS)[number]

/** CPU in milliseconds an operation. */
export type Cpu = { service: number; database: number; generator: number }
export type Measured = Outcome & { cpu: Cpu; rssMb: number }

export type Target = {
  name: string
  /** The process that is measured. */
  pid: number
  run(job: Job): Promise<Measured>
  /** One request's status and body, to see that the answers are what they should be. */
  check(op: Op): Promise<string>
  stop(): Promise<void>
}

const here = (file: string): string => fileURLToPath(new URL(file, import.meta.url))

/** The child's first message of a kind. */
export function told<T>(
  child: ChildProcess,
  name: string,
  wanted: (message: Record<string, unknown>) => T | undefined,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const hear = (message: unknown) => {
      const found = wanted(message as Record<string, unknown>)
      if (found === undefined) return
      child.off('message', hear)
      child.off('exit', gone)
      resolve(found)
    }
    const gone = (code: number | null) =>
      reject(new Error(`${name} ended with status ${code} before it answered.`))
    child.on('message', hear)
    child.once('exit', gone)
  })
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exited = new Promise((resolve) => child.once('exit', resolve))
  child.kill('SIGTERM')
  const kill = setTimeout(() => child.kill('SIGKILL'), 10_000)
  await exited
  clearTimeout(kill)
}

function ask<T>(
  worker: ChildProcess,
  name: string,
  order: Order,
  wanted: (answer: Answer) => T | undefined,
): Promise<T> {
  const answer = told(worker, name, (message) => {
    if ('failed' in message) return { failed: String(message.failed) }
    const value = wanted(message as Answer)
    return value === undefined ? undefined : { value }
  })
  worker.send(order)
  return answer.then((found) => {
    if ('failed' in found) throw new Error(`${name}: ${found.failed}`)
    return found.value
  })
}

type Parts = { name: string; worker: ChildProcess; service: ChildProcess; database: () => number[] }

function measured({ name, worker, service, database }: Parts): Target {
  const apart = worker !== service
  const servicePid = service.pid as number
  return {
    name,
    pid: servicePid,
    async run(job) {
      const look = () =>
        [cpuMs([servicePid]), cpuMs(database()), apart ? cpuMs([worker.pid as number]) : 0] as const
      const before = look()
      const outcome = await ask(worker, name, { job }, (answer) =>
        'outcome' in answer ? answer.outcome : undefined,
      )
      const after = look()
      const each = (at: 0 | 1 | 2) => (after[at] - before[at]) / Math.max(1, outcome.done)
      return {
        ...outcome,
        cpu: { service: each(0), database: each(1), generator: each(2) },
        rssMb: residentMb(servicePid),
      }
    },
    check: (op) =>
      ask(worker, name, { check: op }, (answer) => ('checked' in answer ? answer.checked : undefined)),
    async stop() {
      await end(service)
      if (apart) await end(worker)
    },
  }
}

async function worker(file: string, name: string, settings: object): Promise<ChildProcess> {
  const child = fork(here(file), [], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
  const ready = told(child, name, (message) => ('ready' in message ? true : undefined))
  child.send(settings)
  await ready
  return child
}

export type Setting = {
  name: string
  viewers: Viewer[]
  database: () => number[]
  env: Record<string, string>
  /** Node's own options, such as a profiler's. */
  execArgv?: string[]
}

/** A target that speaks HTTP: `file` tells its port over IPC, or on stderr as the service does. */
export async function httpTarget(
  file: string,
  args: string[],
  dialect: 'rest' | 'skip' | 'graphql',
  setting: Setting,
): Promise<Target> {
  const options: ForkOptions = {
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    env: { ...process.env, ...setting.env },
    execArgv: setting.execArgv ?? [],
  }
  const service = fork(file.startsWith('/') ? file : here(file), args, options)
  let errors = ''
  const port = await new Promise<number>((resolve, reject) => {
    service.on('message', (message) => resolve((message as { port: number }).port))
    service.stderr?.on('data', (data: Buffer) => {
      if (errors.length < 20_000) errors += data
      const [, found] = /listens on http:\/\/[^:]+:(\d+)/.exec(errors) ?? []
      if (found !== undefined) resolve(Number(found))
      else process.stderr.write(data)
    })
    service.once('exit', (code) => reject(new Error(`${setting.name} ended with status ${code}: ${errors}`)))
  })
  const load = await worker('./load.js', setting.name, {
    host: '127.0.0.1',
    port,
    dialect,
    viewers: setting.viewers,
  })
  return measured({ name: setting.name, worker: load, service, database: setting.database })
}

/** A target without HTTP: it works off its jobs itself. */
export async function rawTarget(
  settings: { uri: string; password: string },
  setting: Setting,
): Promise<Target> {
  const child = await worker('./targets/raw.js', setting.name, { ...settings, viewers: setting.viewers })
  return measured({ name: setting.name, worker: child, service: child, database: setting.database })
}
