// Runs a program that never outlives this process: its guard, a shell, ends it when a pipe from this process is closed.
import { type ChildProcess, spawn } from 'node:child_process'
import type { Socket } from 'node:net'
import { signal } from './claim.ts'

/** A running program with its guard. */
export type Supervised = {
  /** The guard's process; also the id of its process group. */
  guard: ChildProcess
  /** Ends the program: SIGTERM, and SIGKILL 20 s later. */
  end(): void
  /** Kills program and guard at once. */
  kill(): void
  /** Whether both have ended. */
  gone(): boolean
  /** Resolves with the exit status (128 + signal, as a shell counts) once both are gone. */
  exited: Promise<number>
}

// The pipe is on descriptor 3, because a shell gives its background jobs an empty standard input. A line on it asks the guard to
// end the program within 20 s; end of file without a line means that this process was killed: then the program gets 2 s.
const GUARD = `
exec 3<&0
pidfile=$1; shift
"$@" </dev/null 3<&- &
child=$!
[ -z "$pidfile" ] || echo $child >"$pidfile"
(
  patience=20
  if read -r word <&3; then patience=200; fi
  kill -TERM $child 2>/dev/null
  while [ $patience -gt 0 ] && kill -0 $child 2>/dev/null; do
    sleep 0.1
    patience=$((patience - 1))
  done
  kill -KILL $child 2>/dev/null
) &
watcher=$!
trap 'kill -TERM $child 2>/dev/null' TERM INT HUP
wait $child
status=$?
while kill -0 $child 2>/dev/null; do wait $child; status=$?; done
kill -KILL $watcher 2>/dev/null
exit $status
`

export type SuperviseOptions = {
  cwd: string
  /** Where standard output and error go: a descriptor, nowhere, or 'pipe' to read them from guard.stdout. */
  output: number | 'pipe' | 'ignore'
  /** A file for the program's own process id. */
  pidFile?: string
}

/** Runs a command in a process group of its own, so that Ctrl-C reaches us first. */
export function supervise(command: string[], options: SuperviseOptions): Supervised {
  const guard = spawn('/bin/sh', ['-c', GUARD, 'follow-graph', options.pidFile ?? '', ...command], {
    cwd: options.cwd,
    detached: true,
    stdio: ['pipe', options.output, options.output === 'pipe' ? 'inherit' : options.output],
  })
  const pipe = guard.stdin as Socket
  pipe.on('error', () => undefined)
  const exited = new Promise<number>((done) => {
    guard.once('error', () => done(127))
    guard.once('exit', (code) => done(code ?? 137))
  })
  const gone = () => guard.pid === undefined || guard.exitCode !== null || guard.signalCode !== null
  return {
    guard,
    gone,
    end: () => void pipe.write('end\n'),
    kill() {
      // A negative id names the group.
      if (!gone()) signal(-(guard.pid as number), 'SIGKILL')
    },
    exited,
  }
}

/** Lets this process end while the program still runs, so that a test runner is not kept alive. */
export function unref(run: Supervised): void {
  run.guard.unref()
  ;(run.guard.stdin as Socket).unref()
}
