// Shows the progress of long work on a terminal; prints nothing if stderr is not a terminal.

import cliProgress, { type Params } from 'cli-progress'
import { wallClock } from '../clock.ts'

/** A bar on stderr; `done` in the unit of `total`, `note` a short remark that stays until the next one. */
export type ProgressBar = { update(done: number, note?: string): void; stop(): void }

const BAR_WIDTH = 30
const compact = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 })

/**
 * Starts a progress bar with rate and time left, or a counter with rate and time spent if the total is unknown. Call `stop` also on failure: the bar
 * keeps the process alive. Does nothing unless stderr is a terminal.
 */
export function progressBar(label: string, options: { total?: number; stderrIsTty: boolean }): ProgressBar {
  if (!options.stderrIsTty) return { update() {}, stop() {} }
  const bar = new cliProgress.SingleBar({
    stream: process.stderr,
    format: (_settings, state, payload: { note?: string }) =>
      progressLine(label, state, payload.note, wallClock()),
    // Otherwise the library handles the first Ctrl-C.
    gracefulExit: false,
    linewrap: true,
  })
  bar.start(options.total ?? 0, 0)
  return {
    update(done, note) {
      bar.update(done, note === undefined ? {} : { note })
    },
    stop() {
      bar.stop()
    },
  }
}

/** The line at time `now` (ms), shortened to the width of the terminal; a total of 0 means that it is unknown. */
export function progressLine(
  label: string,
  state: Pick<Params, 'value' | 'total' | 'startTime' | 'maxWidth'>,
  note: string | undefined,
  now: number,
): string {
  const { value, total, startTime, maxWidth } = state
  const seconds = Math.max(now - startTime, 1) / 1000
  const rate = value / seconds
  const parts = [label]
  if (total > 0) {
    const share = Math.min(value / total, 1)
    const full = Math.round(share * BAR_WIDTH)
    parts.push(`[${'='.repeat(full)}${' '.repeat(BAR_WIDTH - full)}]`, `${Math.floor(share * 100)} %`)
  } else {
    parts.push(compact.format(value))
  }
  parts.push(`${compact.format(rate)}/s`)
  if (total === 0 || value >= total) parts.push(`${clock(seconds)} spent`)
  else parts.push(value === 0 ? '' : `${clock((total - value) / rate)} left`)
  if (note !== undefined) parts.push(note)
  return parts
    .filter((part) => part !== '')
    .join('  ')
    .slice(0, maxWidth)
}

function clock(seconds: number): string {
  const whole = Math.ceil(seconds)
  const two = (part: number): string => String(part).padStart(2, '0')
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60]
  return hours > 0 ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`
}
