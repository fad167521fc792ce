// A worker of the browser that computes a layout beside the page: it posts the communities first, and then the positions as they settle.
import { startLayout } from '../../picture/layout.ts'
import { type LayoutTask, type LayoutUpdate, SIDE } from './layout-task.ts'

/** Positions are posted about this often in a layout, so that the drawing of a large network is not busy with them. */
const UPDATES = 20

addEventListener('message', ({ data: { followers, follows } }: MessageEvent<LayoutTask>) => {
  const pairs = Array.from(
    { length: follows.length / 2 },
    (_, n) => [follows[2 * n] as number, follows[2 * n + 1] as number] as const,
  )
  const layout = startLayout(
    followers.map((count) => ({ followers: count })),
    pairs,
  )
  const post = (done: number) => {
    const placed = layout.placed(SIDE)
    const update: LayoutUpdate = {
      done: done / layout.steps,
      places: Float32Array.from(placed.flatMap(({ x, y }) => [x, y])),
      radii: placed.map(({ radius }) => radius),
      communities: placed.map(({ community }) => community),
    }
    postMessage(update)
  }
  post(0)
  const each = layout.steps / UPDATES
  for (let done = each; done <= layout.steps; done += each) {
    layout.step(each)
    post(done)
  }
})
