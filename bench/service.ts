// Starts `follow-graph serve` for a measurement that speaks to it directly.
import { spawn } from 'node:child_process'

export type Service = { url: string; pid: number; stop(): Promise<void> }

/** Resolves once the service listens on a free port; rejects where it ends before. */
export async function serve(cli: string, env: Record<string, string>): Promise<Service> {
  const child = spawn(process.execPath, [cli, 'serve'], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, LOG_LEVEL: 'warn', ...env, PORT: '0', RATE_LIMIT: 'off' },
  })
  const exited = new Promise<void>((done) => child.once('exit', () => done()))
  const url = await new Promise<string>((done, failed) => {
    let text = ''
    child.stdout.on('data', (piece: Buffer) => {
      text += piece
      if (text.includes('\n')) done((JSON.parse(text) as { url: string }).url)
    })
    void exited.then(() => failed(new Error('The service ended.')))
  })
  return {
    url,
    pid: child.pid as number,
    stop() {
      child.kill('SIGTERM')
      return exited
    },
  }
}
