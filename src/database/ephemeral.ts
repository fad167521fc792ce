// Temporary data folders for test databases. The process that made a folder removes it; if that process was killed, the next one does.
import { existsSync, lstatSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { holderOf } from './claim.ts'
import { folderAt } from './folder.ts'
import { endLeftBehind } from './left-behind.ts'

const PREFIX = 'follow-graph-kit-'

/** A folder for one database, readable by its owner only. */
export type EphemeralFolder = {
  path: string
  /** May be called twice. */
  remove(): void
}

/** Makes a folder under the system's temporary folder. */
export function makeEphemeralFolder(): EphemeralFolder {
  const path = mkdtempSync(join(tmpdir(), PREFIX))
  return { path, remove: () => removeFolder(path) }
}

/** Ends the databases of processes that were killed, and removes their folders. */
export async function removeAbandoned(): Promise<void> {
  for (const name of readdirSync(tmpdir())) {
    const path = join(tmpdir(), name)
    if (!name.startsWith(PREFIX) || !isOurs(path)) continue
    const folder = folderAt(path)
    // A folder without a lock was just made, or is being removed by its owner.
    if (!existsSync(folder.lock) || holderOf(folder.lock) !== undefined) continue
    try {
      await endLeftBehind(folder, () => undefined)
      removeFolder(path)
    } catch {
      // Another process removes the folder at the same time, or a container's files belong to another user.
    }
  }
}

// Every user can write to the temporary folder: a folder that another user put there could name processes of ours to be ended.
function isOurs(path: string): boolean {
  const found = lstatSync(path, { throwIfNoEntry: false })
  return found?.isDirectory() === true && found.uid === (process.getuid?.() ?? found.uid)
}

function removeFolder(path: string): void {
  rmSync(path, { recursive: true, force: true, maxRetries: 5 })
}
