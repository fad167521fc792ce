// What a data folder keeps from start to start, who may use it, and which processes it may end.
import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { claim, endRecorded, identify, isAlive, record } from '../../src/database/claim.ts'
import {
  type Folder,
  noteVersion,
  openFolder,
  passwordOf,
  portOf,
  refuseOlder,
} from '../../src/database/folder.ts'

let root: string
let folder: Folder
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'follow-graph-folder-'))
  folder = openFolder(join(root, 'data'))
})
afterEach(() => rmSync(root, { recursive: true }))

async function listen(port: number, work: (port: number) => Promise<void>): Promise<void> {
  const server = createServer((socket) => socket.resume())
  await new Promise<void>((done) => server.listen(port, '127.0.0.1', done))
  try {
    await work((server.address() as AddressInfo).port)
  } finally {
    await new Promise((done) => server.close(done))
  }
}

function sleeper() {
  const child = spawn('sleep', ['60'])
  return { pid: child.pid as number, gone: new Promise((done) => child.once('exit', done)) }
}

describe('the password', () => {
  it('is made once, kept for the owner alone, and long', () => {
    const first = passwordOf(folder)
    expect(first.length).toBeGreaterThanOrEqual(32)
    expect(passwordOf(folder)).toBe(first)
    expect(statSync(join(folder.root, 'password')).mode & 0o777).toBe(0o600)
    expect(passwordOf(openFolder(join(root, 'other')))).not.toBe(first)
  })

  it('is not made anew for a database that has another', () => {
    mkdirSync(join(folder.home, 'data', 'databases', 'system'), { recursive: true })
    expect(() => passwordOf(folder)).toThrow(/password .* is gone: put the file/)
  })
})

describe('the port', () => {
  it('stays the same, and gives way only while it is taken', async () => {
    const port = await portOf(folder, undefined, false)
    expect(await portOf(folder, undefined, false)).toBe(port)
    await listen(port, async () => {
      expect(await portOf(folder, undefined, false)).not.toBe(port)
    })
    expect(await portOf(folder, undefined, false)).toBe(port)
  })

  it('is refused if it was asked for and is taken, and remembered if it is free', async () => {
    let free = 0
    await listen(0, async (port) => {
      free = port
      await expect(portOf(folder, port, false)).rejects.toThrow(new RegExp(`Port ${port} is taken`))
    })
    expect(await portOf(folder, free, false)).toBe(free)
    expect(await portOf(folder, undefined, false)).toBe(free)
  })
})

describe('the version', () => {
  it('may grow, never shrink', () => {
    refuseOlder(folder, '5.26.30')
    noteVersion(folder, '5.26.30')
    refuseOlder(folder, '5.26.30')
    refuseOlder(folder, '2026.08.1')
    noteVersion(folder, '2026.08.1')
    expect(() => refuseOlder(folder, '5.26.30')).toThrow(
      /written by Neo4j 2026.08.1, which 5.26.30 cannot read/,
    )
    expect(() => refuseOlder(folder, '2025.12.1')).toThrow(/cannot read/)
  })
})

describe('a claim', () => {
  it('is held by one, told to the others, and free again after its release', () => {
    const first = claim(folder.lock)
    if ('holder' in first) throw new Error('a new folder is held')
    expect(claim(folder.lock)).toEqual({ holder: identify(process.pid) })
    first.release()
    expect(claim(folder.lock)).toHaveProperty('release')
  })

  it('of a process that is gone is taken over, also when another has its id by now', () => {
    const now = identify(process.pid)
    for (const dead of [JSON.stringify({ pid: now?.pid, born: 'long ago' }), '{"pid":1', '']) {
      writeFileSync(folder.lock, dead)
      const taken = claim(folder.lock)
      expect(taken).toHaveProperty('release')
      expect(JSON.parse(readFileSync(folder.lock, 'utf8'))).toEqual(now)
      if ('release' in taken) taken.release()
    }
  })
})

describe('what an earlier run left behind', () => {
  it('is ended', async () => {
    const left = sleeper()
    record(folder.processes, [left.pid])
    expect(await endRecorded(folder.processes)).toBe(1)
    await left.gone
    expect(await endRecorded(folder.processes)).toBe(0)
  })

  it('is never another process that has the id by now', async () => {
    const other = sleeper()
    writeFileSync(folder.processes, JSON.stringify([{ pid: other.pid, born: 'long ago' }]))
    expect(await endRecorded(folder.processes)).toBe(0)
    const who = identify(other.pid)
    expect(who !== undefined && isAlive(who)).toBe(true)
    process.kill(other.pid)
    await other.gone
    expect(who !== undefined && isAlive(who)).toBe(false)
  })
})
