// Where log lines go: stderr, written beside the requests.

import { type DestinationStream, pino } from 'pino'
import { monotonic } from '../clock.ts'

// Lines that wait for a disk that is full, or for a reader that has stopped reading.
const MOST_WAITING = 8 * 1024 * 1024
const EXIT_MS = 1_000

/**
 * A destination of pino's on stderr, or on another file descriptor. A full disk, a terminal that is gone or a reader that does not read costs lines,
 * and `lost` is called for each; the service goes on, and lines that waited are written once there is room.
 */
export function logOutput(lost: () => void, fd = 2): DestinationStream {
  let failing = false
  // At the exit a reader that has fallen behind is waited for until then.
  let until = Number.POSITIVE_INFINITY
  const retryEAGAIN = () => monotonic() < until
  const output = pino.destination({ dest: fd, sync: false, maxLength: MOST_WAITING, retryEAGAIN })
  // Without a listener an error would end the process.
  output.on('error', () => {
    failing = true
  })
  output.on('write', () => {
    failing = false
  })
  output.on('drop', lost)
  // Called when the process exits. It would try again for as long as a write fails, and the process would never end.
  const flush = output.flushSync.bind(output)
  output.flushSync = () => {
    if (failing) return
    until = monotonic() + EXIT_MS
    try {
      flush()
    } catch {
      // The reader does not read.
    } finally {
      until = Number.POSITIVE_INFINITY
    }
  }
  return output
}
