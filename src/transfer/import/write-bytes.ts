// Writes bytes to an open file, all of them, and says in one sentence why the disk does not take them.
import { writeSync } from 'node:fs'

/** Throws an Error of one sentence if the disk is full; `path` is the name of the file in it. */
export function writeBytes(file: number, path: string, bytes: Buffer): void {
  try {
    // One call may write a part only.
    for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    // The second: the quota of the user on that disk.
    if (code !== 'ENOSPC' && code !== 'EDQUOT') throw error
    throw new Error(`${path} does not fit on the disk: make room, or name another folder.`, { cause: error })
  }
}
