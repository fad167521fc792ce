// Knows the folders of databases that live no longer than their process: who makes one removes it, or the next who makes one.
import { existsSync, lstatSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { endRecorded, holderOf } from './claim.ts'
import { folderAt } from './folder.ts'

const PREFIX = 'follow-graph-kit-'

/** A folder for one database, readable for its owner only. */
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

/** Removes the folders whose processes were killed before they could, with the databases left on them. */
export async function removeAbandoned(): Promise<void> {
  for (const name of readdirSync(tmpdir())) {
    const path = join(tmpdir(), name)
    if (!name.startsWith(PREFIX) || !isOurs(path)) continue
    const { lock, processes } = folderAt(path)
    // Without a lock it was made a moment ago, or is being removed by its owner.
    if (!existsSync(lock) || holderOf(lock) !== undefined) continue
    await endRecorded(processes)
    try {
      removeFolder(path)
    } catch {
      // Another start removes it as well, or files of a container belong to somebody else.
    }
  }
}

// The temporary folder is everybody's: what another user put there may name processes of ours.
function isOurs(path: string): boolean {
  const found = lstatSync(path, { throwIfNoEntry: false })
  return found?.isDirectory() === true && found.uid === (process.getuid?.() ?? found.uid)
}

function removeFolder(path: string): void {
  rmSync(path, { recursive: true, force: true, maxRetries: 5 })
}
