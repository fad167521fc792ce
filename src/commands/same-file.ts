// Whether two names on a command line mean one file.
import { fstatSync, realpathSync, statSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'

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

/** Where a file that is written under this name will be: two names for one place have the same, whether it exists or not. */
export function placeOf(path: string): string {
  const real = (name: string, otherwise: () => string) => {
    try {
      return realpathSync(name)
    } catch {
      return otherwise()
    }
  }
  return real(path, () =>
    join(
      real(dirname(path), () => resolve(dirname(path))),
      basename(path),
    ),
  )
}
