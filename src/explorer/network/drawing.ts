// Draws a network with WebGL: people as circles in the colour of their community, follows as arrows, names where there is room.
import { DirectedGraph } from 'graphology'
import Sigma from 'sigma'
import { COLOURS } from '../../picture/colours.ts'
import type { Network, Person } from './ego.ts'
import { type LayoutUpdate, SIDE } from './layout-task.ts'

// Beyond it lines are drawn without heads, are fainter, and are left out while the drawing moves.
const MANY_LINES = 10_000
const SMALLEST = 2.5

export type Drawing = {
  /** Moves the people to new places. */
  move(update: LayoutUpdate): void
  /** Shows one person with name and neighbours, or nobody in particular. */
  point(id: string | null): void
  zoom(how: 'in' | 'out' | 'all'): void
  stop(): void
}

/** Whether the browser can draw with WebGL here and now. */
export function canDraw(): boolean {
  const canvas = document.createElement('canvas')
  return (canvas.getContext('webgl2') ?? canvas.getContext('webgl')) !== null
}

/** Draws into the element. `open` gets the id of a person who is clicked. */
export function draw(
  element: HTMLElement,
  network: Network,
  first: LayoutUpdate,
  open: (id: string) => void,
): Drawing {
  const graph = graphOf(network, first)
  const many = graph.size > MANY_LINES
  let pointed: string | null = null
  let near = new Set<string>()
  const sigma = new Sigma(graph, element, {
    // A view that is not shown yet has no size.
    allowInvalidContainer: true,
    defaultEdgeType: 'line',
    hideEdgesOnMove: many,
    labelDensity: 0.6,
    labelFont: 'system-ui, sans-serif',
    labelRenderedSizeThreshold: 7,
    minEdgeThickness: 0.5,
    zIndex: true,
    // Others step back while a person is pointed at. With very many lines this takes too long.
    nodeReducer: (id, data) =>
      pointed === null || many || near.has(id)
        ? { ...data, highlighted: id === pointed }
        : { ...data, color: translucent(data.color as string, 0.2), label: null },
    edgeReducer: (edge, data) =>
      pointed === null || many || graph.hasExtremity(edge, pointed) ? data : { ...data, hidden: true },
  })
  sigma.setCustomBBox({ x: [0, SIDE], y: [0, SIDE] })
  const colours = () => {
    const { color, backgroundColor } = getComputedStyle(element)
    sigma.setSetting('labelColor', { color })
    sigma.setSetting('defaultDrawNodeHover', (context, data, settings) =>
      drawHover(context, data, settings.labelSize, settings.labelFont, color, backgroundColor),
    )
  }
  colours()
  const scheme = matchMedia('(prefers-color-scheme: dark)')
  scheme.addEventListener('change', colours)
  const resized = new ResizeObserver(() => sigma.resize().scheduleRefresh())
  resized.observe(element)
  const point = (id: string | null) => {
    const before = pointed
    pointed = id !== null && graph.hasNode(id) ? id : null
    if (many) {
      const nodes = [before, pointed].filter((node) => node !== null)
      sigma.refresh({ partialGraph: { nodes }, skipIndexation: true, schedule: true })
      return
    }
    near = new Set(pointed === null ? [] : [pointed, ...graph.neighbors(pointed)])
    sigma.refresh({ skipIndexation: true, schedule: true })
  }
  sigma.on('clickNode', ({ node }) => open(node))
  sigma.on('enterNode', ({ node }) => {
    element.classList.add('over')
    point(node)
  })
  sigma.on('leaveNode', () => {
    element.classList.remove('over')
    point(null)
  })
  return {
    move({ places }) {
      let n = 0
      graph.updateEachNodeAttributes(
        (_, attributes) => {
          attributes.x = places[2 * n]
          attributes.y = upwards(places[2 * n + 1])
          n += 1
          return attributes
        },
        { attributes: ['x', 'y'] },
      )
    },
    point,
    zoom(how) {
      const camera = sigma.getCamera()
      if (how === 'in') camera.animatedZoom()
      else if (how === 'out') camera.animatedUnzoom()
      else camera.animatedReset()
    },
    stop() {
      scheme.removeEventListener('change', colours)
      resized.disconnect()
      sigma.kill()
    },
  }
}

// The axis of WebGL points up, that of the layout down, as on paper.
const upwards = (y: number | undefined): number => SIDE - (y ?? 0)
const colourOf = (community: number | undefined): string =>
  COLOURS[Math.min(community ?? COLOURS.length, COLOURS.length - 1)] as string
// Sigma adds colours to what is behind them without weighing them by their opacity: they must be weighed before.
const translucent = (colour: string, share: number): string =>
  `#${[1, 3, 5].map((at) => byte(Number.parseInt(colour.slice(at, at + 2), 16) * share)).join('')}${byte(255 * share)}`
const byte = (value: number): string => Math.round(value).toString(16).padStart(2, '0')

function graphOf({ people, follows }: Network, update: LayoutUpdate): DirectedGraph {
  const graph = new DirectedGraph()
  // Circles are made for 250 people in the layout's square; more people get smaller ones.
  const scale = Math.min(1, Math.sqrt(120 / people.length))
  for (const [n, { id, username }] of people.entries())
    graph.addNode(id, {
      label: `@${username}`,
      x: update.places[2 * n],
      y: upwards(update.places[2 * n + 1]),
      size: Math.max(SMALLEST, (update.radii[n] ?? 0) * scale),
      color: colourOf(update.communities[n]),
    })
  const known = new Set(follows.map(([from, to]) => from * people.length + to))
  const many = follows.length > MANY_LINES
  for (const [from, to] of follows) {
    const mutual = known.has(to * people.length + from)
    // One line stands for both directions.
    if (mutual && from > to) continue
    const [source, target] = [people[from] as Person, people[to] as Person]
    graph.addDirectedEdge(source.id, target.id, {
      type: mutual || many ? 'line' : 'arrow',
      size: mutual ? 1.6 : 1,
      color: translucent(colourOf(update.communities[from]), many ? 0.2 : 0.6),
    })
  }
  return graph
}

// The name of the person who is pointed at, on a plate in the colours of the page.
function drawHover(
  context: CanvasRenderingContext2D,
  data: { x: number; y: number; size: number; label?: string | null },
  size: number,
  font: string,
  colour: string,
  background: string,
): void {
  if (!data.label) return
  context.font = `600 ${size}px ${font}`
  const width = context.measureText(data.label).width
  const [left, top] = [data.x + data.size + 2, data.y - size / 2 - 4]
  context.fillStyle = background
  context.strokeStyle = colour
  context.beginPath()
  context.roundRect(left, top, width + 10, size + 8, 4)
  context.fill()
  context.stroke()
  context.beginPath()
  context.arc(data.x, data.y, data.size + 2, 0, 2 * Math.PI)
  context.stroke()
  context.fillStyle = colour
  context.fillText(data.label, left + 5, data.y + size / 3)
}
