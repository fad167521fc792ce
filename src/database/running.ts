// Knows how to find the database that another process of ours runs on a data folder, so that a command can work beside it.
import { setTimeout as wait } from 'node:timers/promises'
import { answers } from '../graph/probe.ts'
import { holderOf } from './claim.ts'
import { addressOf, openFolder, passwordOf } from './folder.ts'

/** The address of a running database; undefined where nobody runs one on this folder. Waits for one that is starting. */
export async function runningDatabase(
  data: string,
): Promise<{ uri: string; username: string; password: string } | undefined> {
  const folder = openFolder(data)
  for (let tries = 0; tries < 120 && holderOf(folder.lock) !== undefined; tries += 1) {
    const uri = addressOf(folder)
    if (uri !== undefined) {
      const found = { uri, username: 'neo4j', password: passwordOf(folder) }
      if ((await answers(found.uri, found.username, found.password)) === 'yes') return found
    }
    await wait(500)
  }
  return undefined
}
