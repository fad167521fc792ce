// Has a layout computed by a worker, so that the page stays responsive.
import type { Network } from './ego.ts'

/** The side of the square in which people are placed. */
export const SIDE = 1_000

/** The follows are pairs of indexes, one after the other: an array of bytes is handed over at once, however long it is. */
export type LayoutTask = { followers: number[]; follows: Int32Array }
/** `done` goes from 0 to 1; `places` has x and y of each person. */
export type LayoutUpdate = { done: number; places: Float32Array; radii: number[]; communities: number[] }

/** Starts the layout of a network; returns what ends it. */
export function layOut(
  { people, follows }: Network,
  onUpdate: (update: LayoutUpdate) => void,
  onError: (error: Error) => void,
): () => void {
  const worker = new Worker(new URL('./layout-worker.ts', import.meta.url), { type: 'module' })
  worker.addEventListener('message', ({ data }: MessageEvent<LayoutUpdate>) => {
    onUpdate(data)
    if (data.done === 1) worker.terminate()
  })
  worker.addEventListener('error', ({ message }) =>
    onError(new Error(message || 'The browser could not start the script that computes the drawing.')),
  )
  const task: LayoutTask = {
    followers: people.map(({ followers }) => followers),
    follows: Int32Array.from(follows.flat()),
  }
  worker.postMessage(task, [task.follows.buffer])
  return () => worker.terminate()
}
