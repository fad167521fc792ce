// Finds the database that another follow-graph process runs on a data folder, so that a command can connect to it.
import { join } from 'node:path'
import { monotonic, wait } from '../clock.ts'
import { answers } from '../graph/probe.ts'
import { DatabaseError } from './choose.ts'
import { holderOf } from './claim.ts'
import { addressOf, openFolder, passwordOf } from './folder.ts'

const PATIENCE_MS = 60_000
const PAUSE_MS = 500
const TOLD_AFTER_MS = 1_000

/**
 * How to connect to the folder's running database; undefined if there is none. Waits up to a minute for one that is starting or does not answer, and
 * says so once; then, or if the password is refused, rejects with DatabaseError.
 */
export async function runningDatabase(
  data: string,
  say: (line: string) => void,
): Promise<{ uri: string; username: string; password: string } | undefined> {
  const folder = openFolder(data)
  const { root } = folder
  const began = monotonic()
  let told = false
  for (;;) {
    const holder = holderOf(folder.lock)
    if (holder === undefined) return undefined
    const uri = addressOf(folder)
    if (uri !== undefined) {
      const found = { uri, username: 'neo4j', password: passwordOf(folder) }
      const answer = await answers(found.uri, found.username, found.password)
      if (answer === 'yes') return found
      if (answer === 'refused')
        throw new DatabaseError(
          `The database that process ${holder.pid} runs on ${root} does not take the password of ${join(root, 'password')}: put the right one into that file.`,
        )
    }
    const spent = monotonic() - began
    if (spent > PATIENCE_MS)
      throw new DatabaseError(
        `The database that process ${holder.pid} runs on ${root} did not answer within ${PATIENCE_MS / 1_000} seconds: see ${folder.debugLog}, or end that process and run the command again.`,
      )
    if (spent > TOLD_AFTER_MS && !told) {
      told = true
      say(
        `The database that process ${holder.pid} runs on ${root} does not answer yet. Waiting for it, ${PATIENCE_MS / 1_000} seconds at most …`,
      )
    }
    await wait(PAUSE_MS)
  }
}
