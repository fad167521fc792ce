// Knows how to read pages of followers at a steady rate beside something else, and how long the answers took.
import { setTimeout as wait } from 'node:timers/promises'
import { random } from './graph.ts'
import { type Connection, openConnection } from './http-client.ts'

/** How long the answers took, in milliseconds. */
export type Read = { count: number; failed: number; p50: number; p99: number; worst: number }
type Reading = { stop(): Promise<Read> }

/** Asks at a steady rate, whatever the answers take: a slow answer delays no later question, and is counted from when it was due. */
export function read(port: number, people: string[], token: string, rate: number): Reading {
  const next = random(3)
  const idle: Connection[] = []
  const all: Connection[] = []
  const times: number[] = []
  const open = new Set<Promise<void>>()
  let failed = 0
  let going = true
  const ask = async (due: number) => {
    const connection = idle.pop() ?? openConnection('127.0.0.1', port)
    if (!all.includes(connection)) all.push(connection)
    const user = people[Math.floor(next() * people.length)] as string
    const question = `GET /stream/0/users/${user}/followers?count=20 HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\n\r\n`
    let reply = await connection.ask(question)
    // The service ends a connection that was idle for five seconds: any client asks again.
    if (reply.failed !== null) reply = await connection.ask(question)
    if (reply.failed !== null || reply.status !== 200) failed += 1
    times.push(performance.now() - due)
    idle.push(connection)
  }
  const asking = (async () => {
    for (let due = performance.now(); going; due += 1000 / rate) {
      await wait(Math.max(0, due - performance.now()))
      const one = ask(due).finally(() => open.delete(one))
      open.add(one)
    }
  })()
  return {
    async stop() {
      going = false
      await asking
      await Promise.all(open)
      for (const connection of all) connection.close()
      times.sort((a, b) => a - b)
      const at = (share: number) =>
        times[Math.min(times.length - 1, Math.floor(times.length * share))] as number
      return { count: times.length, failed, p50: at(0.5), p99: at(0.99), worst: times.at(-1) as number }
    },
  }
}
