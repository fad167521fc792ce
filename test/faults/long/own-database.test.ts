// Promise 30: a service killed with its own database twenty times leaves no process behind, and one start wins of ten.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { afterAll, expect, it } from 'vitest'
import { type Identity, isAlive } from '../../../src/database/claim.ts'
import { measured } from '../../support/scale.ts'
import { cleanUp, serve } from '../built.ts'

const root = mkdtempSync(join(tmpdir(), 'follow-graph-orphans-'))
afterAll(() => {
  cleanUp()
  rmSync(root, { recursive: true, force: true, maxRetries: 20, retryDelay: 200 })
})
const own = { NEO4J_URI: '', NEO4J_PASSWORD: '', LOG_LEVEL: 'warn' }

it('30: no orphan three seconds after SIGKILL, twenty times', async () => {
  const data = join(root, 'data')
  let slowest = 0
  for (let round = 0; round < 20; round += 1) {
    const program = await serve(own, ['--data', data])
    const processes = JSON.parse(readFileSync(join(data, 'processes'), 'utf8')) as Identity[]
    expect(processes.filter(isAlive)).toHaveLength(2)
    const began = performance.now()
    program.child.kill('SIGKILL')
    while (processes.some(isAlive) && performance.now() - began < 5_000) await wait(20)
    slowest = Math.max(slowest, performance.now() - began)
    expect(slowest).toBeLessThan(3_000)
  }
  measured(30, `20 SIGKILLs, the last process gone after ${Math.round(slowest)} ms at most`)
})

it('30: of ten first starts at once on one folder one serves, and nine say who holds it', async () => {
  const data = join(root, 'first')
  const all = await Promise.allSettled(Array.from({ length: 10 }, () => serve(own, ['--data', data])))
  expect(all.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
  for (const one of all)
    if (one.status === 'rejected') expect(String(one.reason)).toContain('already runs a database on')
})
