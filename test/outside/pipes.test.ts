// The command line between other programs: readers that are slow or go away, and options that a script gives twice.
import { once } from 'node:events'
import { setTimeout as wait } from 'node:timers/promises'
import { describe, expect, it, vi } from 'vitest'
import { startTestService } from '../support/service.ts'
import { ended, run, start, useCommands } from './commands.ts'

useCommands()

vi.setConfig({ testTimeout: 60_000 })
const service = await startTestService()

it('`events --follow` ends when its reader has gone', async () => {
  const [ada, bo] = await service.users(2)
  const command = start(['events', '--follow', '--types', 'user_follow'])
  let times = 0
  const follows = setInterval(() => {
    times += 1
    const method = times % 2 === 1 ? 'POST' : 'DELETE'
    void service.call(method, `/users/${bo!.id}/follow`, { token: ada!.token })
  }, 200)
  try {
    // As `head -1` does.
    await vi.waitFor(() => expect(command.printed()).toContain('\n'), { timeout: 30_000 })
    command.child.stdout?.destroy()
    const status = await Promise.race([command.exited, wait(20_000, 'it runs on')])
    expect([status, command.told()]).toEqual([141, ''])
  } finally {
    clearInterval(follows)
  }
})

it('a reader that begins late gets everything', async () => {
  const first = BigInt((await service.user()).id) + 200_000n
  const people = Array.from({ length: 2_000 }, (_, n) => n)
  const follows = people.flatMap((n) =>
    [1, 2, 3, 4, 5].map((step) => `${first + BigInt(n)},${first + BigInt((n + step) % people.length)}`),
  )
  const imported = start(['import', '--follows', '-'], {}, 'pipe')
  imported.child.stdin?.end(`follower_id,followee_id\n${follows.join('\n')}\n`)
  expect((await ended(imported)).status).toBe(0)

  const command = start(['picture', '--users', '2000'])
  command.child.stdout?.pause()
  // The rest waits in the command: the pipe is full.
  await vi.waitFor(() => expect(command.child.stdout?.readableLength).toBeGreaterThan(0), { timeout: 40_000 })
  await wait(3_000)
  command.child.stdout?.resume()
  const { status, printed } = await ended(command)
  expect(status).toBe(0)
  expect(printed.length).toBeGreaterThan(500_000)
  expect(printed.endsWith('</svg>\n')).toBe(true)
}, 120_000)

describe('an option that is given twice', () => {
  it.each([
    [['import', '--users', '/dev/null', '--users', '/dev/null'], '--users <file>'],
    [['export', '--follows', '-', '--users=-', '--follows=-'], '--follows <file>'],
    [['events', '--types', 'user', '--types', 'mute'], '--types <types>'],
    [['token', 'create', '@ada', '--scope', 'follow', '--scope', 'files'], '--scope <scopes>'],
    [['serve', '--data', 'a', '--data', 'b'], '--data <dir>'],
  ])('is refused: %j', async (args, option) => {
    const { status, told, printed } = await run(args)
    expect(told).toContain(`option '${option}' is given twice: give it once`)
    expect([status, printed]).toEqual([2, ''])
  })

  it('is taken where it says nothing, such as --dry-run', async () => {
    const command = start(['import', '--users', '-', '--dry-run', '--dry-run'], {}, 'pipe')
    command.child.stdin?.end('id\n1\n')
    await once(command.child, 'close')
    expect((await ended(command)).status).toBe(0)
  })
})
