// Knows how a test talks to python_client.py: one call out, one answer back.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { fetched } from './tools.ts'

/** What a call of the client came to: its data and meta, or the class of the exception with what it says. */
export type Came = {
  // biome-ignore lint/suspicious/noExplicitAny: the client's own objects, whatever they hold
  data?: any
  // biome-ignore lint/suspicious/noExplicitAny: the same
  meta?: any
  error?: string
  message?: string
  slug?: string | null
}

export type PythonClient = {
  call(name: string, args?: unknown[], kwargs?: Record<string, unknown>): Promise<Came>
  stop(): Promise<void>
}

/** Starts the client `module` with its base address and a token; `env` is added to a bare environment. */
export function startPythonClient(
  module: 'pnutpy' | 'adnpy',
  apiRoot: string,
  token: string,
  env: Record<string, string> = {},
): PythonClient {
  const script = fileURLToPath(new URL('python_client.py', import.meta.url))
  const child = spawn(fetched('bin/python'), ['-W', 'ignore', script, module, apiRoot, token], {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { PYTHONPATH: fetched('adnpy3'), NO_PROXY: '*', ...env },
  })
  let said = ''
  child.stderr.on('data', (piece: Buffer) => {
    said += piece.toString()
  })
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  return {
    async call(name, args = [], kwargs = {}) {
      child.stdin.write(`${JSON.stringify({ call: name, args, kwargs })}\n`)
      const line = await lines.next()
      if (line.done === true) throw new Error(`${module} ended: ${said}`)
      return JSON.parse(line.value) as Came
    },
    async stop() {
      if (child.exitCode !== null) return
      child.stdin.end()
      await once(child, 'exit')
    },
  }
}
