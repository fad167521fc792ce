// The file of `import --reject`: the header of the imported file and its bad lines, as they were.
import { closeSync, openSync } from 'node:fs'
import type { Raw } from '../transfer/import/lines.ts'
import { writeBytes } from '../transfer/import/write-bytes.ts'
import { say } from './connect.ts'

/** `header` is written before the first bad line only. */
export type Rejects = { header(raw: string): void; add(raw: Raw | undefined): void; close(): void }

/** Creates the file. Its header comes first, so that it can be imported once its lines are corrected. */
export function rejectFile(path: string): Rejects {
  const file = openSync(path, 'w')
  let header: string | undefined
  const line = (raw: Raw) =>
    writeBytes(file, path, Buffer.concat([Buffer.from(raw as string), Buffer.from('\n')]))
  return {
    header(raw) {
      header = raw
    },
    add(raw) {
      if (raw === undefined) return say(`The next line is too long to go into ${path}.`)
      if (header !== undefined) line(header)
      header = undefined
      line(raw)
    },
    close: () => closeSync(file),
  }
}
