// Cleans up after a run that was killed: ends its processes and its container on a data folder, and removes a half-done import.
import { endRecorded } from './claim.ts'
import { endLeftContainer } from './container.ts'
import { clearLoading, type Folder, IMPORT_INTERRUPTED } from './folder.ts'

/** Ends databases that still run, then removes the files of a half-done import. The caller holds the folder's lock. */
export async function endLeftBehind(folder: Folder, say: (line: string) => void): Promise<void> {
  const processes = await endRecorded(folder.processes)
  const container = await endLeftContainer(folder)
  if (processes > 0 || container) say('Ended a Neo4j that an earlier, killed run had left behind.')
  if (clearLoading(folder)) say(IMPORT_INTERRUPTED)
}
