// Whether two names on a command line mean one file.
import { fstatSync, statSync } from 'node:fs'

/** Whether both names lead to one existing file (`-` is stdin), also by links. Not true for terminals, which nothing overwrites. */
export function isSameFile(path: string, other: string): boolean {
  const [one, two] = [path, other].map((name) => {
    try {
      return name === '-' ? fstatSync(0, { bigint: true }) : statSync(name, { bigint: true })
    } catch {
      return undefined
    }
  })
  if (one === undefined || two === undefined || one.isCharacterDevice()) return false
  return one.dev === two.dev && one.ino === two.ino
}
