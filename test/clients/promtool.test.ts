// Prometheus' own linter on /metrics: names of ours and of Node's.
import { spawn } from 'node:child_process'
import { expect, it } from 'vitest'
import { startTestService } from '../support/service.ts'

const service = await startTestService()

/** What `promtool check metrics` says of a text, and how it ends. */
function lint(text: string): Promise<{ status: number | null; said: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn('promtool', ['check', 'metrics'])
    let said = ''
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (piece: Buffer) => {
        said += piece.toString()
      })
    child.once('error', reject)
    child.once('close', (status) => resolve({ status, said }))
    child.stdin.end(text)
  })
}

it('promtool check metrics says nothing, once every metric has values', async () => {
  const [me, other] = await service.users(2)
  await service.follow(me!, other!)
  await service.call('GET', '/users/me/following', { token: me!.token })
  await service.call('GET', '/users/me/following', { token: me!.token })
  await service.call('GET', '/users/me/following/ids', { token: me!.token })
  await service.call('GET', '/nothing')
  const { text } = await service.call('GET', '/metrics')
  for (const [, name] of text.matchAll(/^# TYPE (followgraph_\S+)/gm))
    expect(text, name).toMatch(new RegExp(`^${name}(_count)?(\\{[^}]*\\})? \\S+$`, 'm'))
  expect(text).toContain('nodejs_active_handles{')
  expect(await lint(text)).toEqual({ status: 0, said: '' })
}, 60_000)

it('the linter is awake', async () => {
  const wrong = '# HELP a_total A gauge.\n# TYPE a_total gauge\na_total 1\n'
  expect((await lint(wrong)).said).toContain('_total')
})
