// Knows how to run a shell block of the documentation: the program as it is shipped, a folder of its own, what is printed compared with what the page says.
import { execFile, execFileSync, spawn } from 'node:child_process'
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'

export type Workplace = { run(text: string): Promise<string[]>; folder: string; clear(): void }

const LINE_MS = 30_000
/** Commands that go on until they are stopped, and what they say when they are there. */
const LASTING = /^(?:npx )?follow-graph (?:serve|neo4j)\b/
const THERE = /listens on|"uri":/

/**
 * A folder with `follow-graph` and `npx` on the path, both of which run this tree. `replaced` is what a page's text
 * stands for here, such as an address; `env` is what the reader has set.
 */
export function workplace(env: Record<string, string>, replaced: [string, string][]): Workplace {
  // Compiled beside the packages that it imports.
  const built = resolve('node_modules/.cache', `follow-graph-docs-${process.pid}`)
  mkdirSync(built, { recursive: true })
  const tsc = ['-p', 'tsconfig.build.json', '--outDir', join(built, 'dist'), '--noEmitOnError', 'false']
  execFileSync('node_modules/.bin/tsc', [...tsc, '--declaration', 'false', '--sourceMap', 'false'])
  symlinkSync(resolve('cypher'), join(built, 'cypher'))
  copyFileSync('package.json', join(built, 'package.json'))
  const folder = mkdtempSync(join(tmpdir(), 'follow-graph-docs-'))
  const bin = join(folder, '.bin')
  mkdirSync(bin)
  const program = `exec '${process.execPath}' '${join(built, 'dist', 'cli.js')}'`
  const script = (name: string, text: string) => {
    writeFileSync(join(bin, name), `#!/bin/sh\n${text}\n`)
    chmodSync(join(bin, name), 0o755)
  }
  script('follow-graph', `${program} "$@"`)
  script('npx', `[ "$1" = follow-graph ] || exit 127\nshift\n${program} "$@"`)
  const environment = { ...process.env, ...env, PATH: `${bin}:${process.env.PATH}` }

  return {
    folder,
    async run(text) {
      const wrong: string[] = []
      for (const { command, expected, statuses } of commandsOf(text)) {
        const here = replaced.reduce((line, [from, to]) => line.replaceAll(from, to), command)
        const said = LASTING.test(here)
          ? await untilThere(here, folder, environment)
          : await ended(here, folder, environment)
        if (!statuses.includes(said.status))
          wrong.push(`${command}\n  ended with ${said.status}: ${said.err || said.out}`)
        else if (expected !== undefined && !agrees(said.out, expected, replaced))
          wrong.push(`${command}\n  printed  ${said.out}\n  page has ${expected}`)
      }
      return wrong
    },
    clear() {
      rmSync(built, { recursive: true, force: true })
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

type Command = { command: string; expected: string | undefined; statuses: number[] }

/** The commands of a block in order. A `# {…` line below one is what it prints, `…` standing for anything; a remark `exit status N` allows N. */
export function commandsOf(text: string): Command[] {
  const commands: Command[] = []
  for (const line of text.replace(/\\\n\s*/g, ' ').split('\n')) {
    const trimmed = line.trim()
    if (trimmed === '') continue
    const last = commands.at(-1)
    if (trimmed.startsWith('# ')) {
      if (/^# [{[]/.test(trimmed) && last !== undefined) last.expected = trimmed.slice(2)
      continue
    }
    const [, command = '', remark = ''] = trimmed.replace(/^\$ /, '').match(/^(.*?)(?:\s+# (.*))?$/) ?? []
    const status = remark.match(/exit status (\d+)/)?.[1]
    commands.push({
      command,
      expected: undefined,
      statuses: status === undefined ? [0] : [0, Number(status)],
    })
  }
  return commands
}

/** Whether an output is the one on the page, where `…` stands for anything and blanks do not count. */
export function agrees(output: string, expected: string, replaced: [string, string][] = []): boolean {
  const page = replaced.reduce((text, [from, to]) => text.replaceAll(from, to), expected)
  const parts = page.split('…').map((part) => part.replaceAll(' ', '').replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
  return new RegExp(`^${parts.join('.*')}$`, 's').test(output.replace(/\s/g, ''))
}

type Said = { status: number; out: string; err: string }

function ended(line: string, cwd: string, env: NodeJS.ProcessEnv): Promise<Said> {
  return new Promise((done) => {
    execFile(
      'bash',
      ['-c', line],
      { cwd, env, timeout: LINE_MS, maxBuffer: 64 * 1024 * 1024 },
      (error, out, err) =>
        done({ status: error === null ? 0 : typeof error.code === 'number' ? error.code : 255, out, err }),
    )
  })
}

// Started, seen to be there, and stopped as Ctrl-C would.
function untilThere(line: string, cwd: string, env: NodeJS.ProcessEnv): Promise<Said> {
  const child = spawn('bash', ['-c', `exec ${line}`], { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] })
  const limit = setTimeout(() => child.kill('SIGKILL'), LINE_MS)
  let said = ''
  let there = false
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (piece: Buffer) => {
      said += piece
      if (there || !THERE.test(said)) return
      there = true
      // It says that it is there a moment before it listens for signals.
      setTimeout(() => child.kill('SIGINT'), 500)
    })
  return new Promise((done) => {
    child.once('exit', (code) => {
      clearTimeout(limit)
      done({ status: there ? (code ?? 255) : 255, out: said, err: said })
    })
  })
}
