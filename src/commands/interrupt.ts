// Cleans up when a signal interrupts a command, and then ends the process by that signal, as shells expect.

import { constants } from 'node:os'
import { setTimeout } from '../clock.ts'

export type Interrupt = {
  /** Aborted when the signal comes. */
  signal: AbortSignal
  /** From now on other code handles the signals. */
  handOver(): void
  /** Removes the listeners, because there is nothing to clean up any more. */
  forget(): void
}

/** The signals that end a command. Not SIGHUP: a listener for it would override `nohup`. */
export const SIGNALS = ['SIGINT', 'SIGTERM'] as const

/**
 * Ends this process by a signal that nothing listens to any more. Not by process.exit: that waits for threads, and a thread that opens or
 * reads a named pipe may wait for its writer for ever.
 */
export function endBy(name: NodeJS.Signals): void {
  process.kill(process.pid, name)
  // Signals do not end the first process of a container.
  setTimeout(() => process.exit(128 + constants.signals[name]), 100)
}

/** At the first signal `end` is called and awaited; a second one ends the process at once. */
export function atInterrupt(end: () => Promise<unknown>): Interrupt {
  const controller = new AbortController()
  let handedOver = false
  const forget = () => {
    for (const name of SIGNALS) process.off(name, interrupted)
  }
  // The listener stays while `end` runs and after handOver(): testcontainers has a listener (signal-exit) that ends the
  // process at once if there is no other.
  function interrupted(name: NodeJS.Signals): void {
    if (handedOver) return
    if (controller.signal.aborted) {
      forget()
      endBy(name)
      return
    }
    controller.abort(new Error(`ended by ${name}`))
    // If `end` fails, the process ends all the same.
    void end()
      .catch(() => undefined)
      .then(() => {
        forget()
        endBy(name)
      })
  }
  for (const name of SIGNALS) process.on(name, interrupted)
  return {
    signal: controller.signal,
    handOver: () => {
      handedOver = true
    },
    forget,
  }
}

/** Resolves as `work` does. If `work` rejects after the signal, this never settles: the process is about to end. */
export async function unlessInterrupted<T>(interrupt: Interrupt, work: Promise<T>): Promise<T> {
  try {
    return await work
  } catch (error) {
    if (interrupt.signal.aborted) return new Promise(() => undefined)
    interrupt.forget()
    throw error
  }
}
