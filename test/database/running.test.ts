// What a command does beside a database that another process runs on its folder, and that hangs or refuses the password.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { claim } from '../../src/database/claim.ts'
import { runningDatabase } from '../../src/database/running.ts'
import { ownGraph } from '../support/own-graph.ts'

const graph = ownGraph({ PLAN_AHEAD: 'off' })

/** A folder that this process holds, with a database at this address. */
function folder(uri: string, password: string): string {
  const data = mkdtempSync(join(tmpdir(), 'follow-graph-running-'))
  onTestFinished(() => rmSync(data, { recursive: true, force: true }))
  claim(join(data, 'lock'))
  writeFileSync(join(data, 'address'), `${uri}\n`)
  writeFileSync(join(data, 'password'), `${password}\n`)
  return data
}

it('one that hangs is waited for a minute, and that is said after a second', async () => {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => void sockets.add(socket.on('error', () => undefined)))
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const data = folder(`bolt://127.0.0.1:${(server.address() as { port: number }).port}`, 'any')
  const told: [seconds: number, line: string][] = []
  const began = performance.now()
  const seconds = () => (performance.now() - began) / 1_000
  const running = runningDatabase(data, (line) => void told.push([seconds(), line]))
  await expect(running).rejects.toThrow(
    `The database that process ${process.pid} runs on ${data} did not answer within 60 seconds`,
  )
  expect(seconds()).toBeGreaterThan(59)
  expect(seconds()).toBeLessThan(70)
  expect(told.map(([, line]) => line)).toEqual([
    `The database that process ${process.pid} runs on ${data} does not answer yet. Waiting for it, 60 seconds at most …`,
  ])
  expect(told[0]?.[0]).toBeLessThan(6)
}, 100_000)

it('one that refuses the password is asked once', async () => {
  const told: string[] = []
  const data = folder(graph.kit.neo4j.uri, 'wrong')
  const running = runningDatabase(data, (line) => void told.push(line))
  await expect(running).rejects.toThrow(
    `The database that process ${process.pid} runs on ${data} does not take the password of ${join(data, 'password')}`,
  )
  expect(told).toEqual([])
})

it('one that answers is found, and none is where no process holds the folder', async () => {
  const { uri, password } = graph.kit.neo4j
  const data = folder(uri, password as string)
  expect(await runningDatabase(data, () => undefined)).toEqual({ uri, username: 'neo4j', password })
  rmSync(join(data, 'lock'))
  expect(await runningDatabase(data, () => undefined)).toBeUndefined()
})
