// Knows where the programs of other people lie that test/clients/install.sh fetched, and how they are started and ended.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'

const VENV = fileURLToPath(new URL('../../.venv/', import.meta.url))

/** The path of something that was fetched; says what to run where it is missing. */
export function fetched(path: string): string {
  const whole = VENV + path
  if (!existsSync(whole)) throw new Error(`${whole} is missing: run test/clients/install.sh first.`)
  return whole
}

/** Loads an npm package that was fetched, without it being one of ours. */
export const load = (name: string): unknown => createRequire(fetched('node/package.json'))(name)

/** Runs a program to its end; its output is stdout and stderr as they came. */
export function run(
  command: string,
  args: string[],
  cwd: string,
  env: Record<string, string> = {},
): Promise<{ status: number | null; output: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let output = ''
    const add = (piece: Buffer) => {
      output += piece.toString()
    }
    child.stdout.on('data', add)
    child.stderr.on('data', add)
    child.once('error', reject)
    child.once('close', (status) => resolve({ status, output }))
  })
}
