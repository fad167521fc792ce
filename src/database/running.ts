// Finds the database that another follow-graph process runs on a data folder, so that a command can connect to it.
import { wait } from '../clock.ts'
import { answers } from '../graph/probe.ts'
import { holderOf } from './claim.ts'
import { addressOf, openFolder, passwordOf } from './folder.ts'

/** How to connect to the folder's running database; undefined if there is none. Waits up to a minute for one that is starting. */
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
