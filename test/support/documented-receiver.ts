// Runs the example receivers of docs/events.md and sends them messages as the service does.
import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { setTimeout as wait } from 'node:timers/promises'
import { expect } from 'vitest'
import { send } from '../../src/webhooks/send.ts'
import { freePort } from './free-port.ts'

const SECRET = `whsec_${Buffer.from('a secret of thirty-two bytes ok!').toString('base64')}`
const EVENT = {
  meta: { id: '4711', timestamp: 1355347619758, type: 'user_follow', pagination_id: '4711' },
  data: { user: { id: '7', name: 'Zoë 🐙' }, follows_user: { id: '8' } },
}

/** Runs the receiver in this language and checks that it accepts only messages signed with its secret. */
export async function tryReceiver(language: string, command: string, args: (code: string) => string[]) {
  const page = readFileSync('docs/events.md', 'utf8')
  const code = page.match(new RegExp(`<!-- receiver: ${language} -->\\n\`\`\`\\w+\\n([\\s\\S]*?)\`\`\``))?.[1]
  const port = await freePort()
  const child = spawn(command, args(code as string), {
    env: { ...process.env, WEBHOOK_SECRET: SECRET, PORT: String(port) },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let [printed, told] = ['', '']
  child.stdout.on('data', (piece: Buffer) => {
    printed += piece
  })
  child.stderr.on('data', (piece: Buffer) => {
    told += piece
  })
  const url = `http://127.0.0.1:${port}/hook`
  const message = { id: 'msg_1', body: JSON.stringify({ events: [EVENT] }) }
  try {
    let outcome = await send({ url, secret: SECRET, allowPrivate: true }, message)
    // Until it listens.
    for (let tries = 0; outcome.kind === 'unreachable' && tries < 200; tries += 1) {
      expect(child.exitCode, told).toBeNull()
      await wait(100)
      outcome = await send({ url, secret: SECRET, allowPrivate: true }, message)
    }
    expect(outcome, told).toMatchObject({ kind: 'delivered' })
    await expect.poll(() => printed).toContain('4711 user_follow')
    printed = ''
    const forged = await send({ url, secret: `whsec_${'A'.repeat(43)}=`, allowPrivate: true }, message)
    expect(forged).toMatchObject({ kind: 'refused', status: 401 })
    expect(printed).toBe('')
  } finally {
    child.kill('SIGKILL')
  }
}
