// Shows the progress of a download: a progress bar on a terminal, at most three lines otherwise.

import { SingleBar } from 'cli-progress'
import { monotonic } from '../clock.ts'

/** The progress of one download, in bytes. */
export type Transfer = { add(bytes: number): void; end(): void }

/** Shows a download of about `expected` bytes on stderr, or with `say` if stderr is not a terminal. */
export function showTransfer(expected: number, say: (line: string) => void): Transfer {
  const megabytes = (bytes: number) => Math.round(bytes / 1e6)
  const total = megabytes(expected)
  const began = monotonic()
  let bytes = 0
  if (process.stderr.isTTY) {
    const bar = new SingleBar({
      stream: process.stderr,
      format: 'Neo4j [{bar}] {value} of about {total} MB, {eta_formatted} left',
      hideCursor: true,
      clearOnComplete: true,
    })
    bar.start(total, 0)
    return {
      add(more) {
        bytes += more
        bar.update(Math.min(megabytes(bytes), total))
      },
      end: () => bar.stop(),
    }
  }
  let quarter = 1
  return {
    add(more) {
      bytes += more
      if (quarter > 3 || bytes < (expected * quarter) / 4) return
      const left = ((monotonic() - began) / 1000) * (expected / bytes - 1)
      say(`… ${megabytes(bytes)} of about ${total} MB, ${Math.max(1, Math.round(left))} s left.`)
      while (bytes >= (expected * quarter) / 4) quarter += 1
    },
    end: () => undefined,
  }
}
