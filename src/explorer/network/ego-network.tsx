// The view of a person's network: a drawing, and the same people as a list.
import { useEffect, useMemo, useRef, useState } from 'preact/hooks'
import type { FollowGraphClient } from '../../client/client.ts'
import { Failure } from '../failure.tsx'
import { counted, formatNumber } from '../text.ts'
import type { Drawing } from './drawing.ts'
import type { Network } from './ego.ts'
import { type LayoutUpdate, layOut } from './layout-task.ts'
import { Members, networkHref } from './members.tsx'
import { type Reading, useEgo } from './use-ego.ts'

/** The steps in which further people can be asked for. */
const COUNTS = [200, 500, 1_000, 2_000]

/** Whom a person follows, and who follows whom among them. */
export function EgoNetwork({ client, userId }: { client: FollowGraphClient; userId: string }) {
  const ego = useEgo(client, userId)
  const { owner, available, network, reading, error } = ego
  return (
    <>
      {owner !== undefined && available !== undefined && (
        <p>
          Whom @{owner.username} follows, and who of them follows whom. @{owner.username}, who follows all of
          them, is left out.
        </p>
      )}
      <Progress ego={ego} />
      {error !== undefined && <Failure error={error} again={ego.again} />}
      {network !== undefined &&
        (network.people.length === 0 ? (
          <p>@{owner?.username} follows nobody.</p>
        ) : (
          <Picture network={network} />
        ))}
      {!reading && network !== undefined && available !== undefined && <More ego={ego} />}
    </>
  )
}

function Progress({ ego: { progress, reading, network, stop, again, error } }: { ego: Reading }) {
  const people =
    progress === undefined ? '' : `${formatNumber(progress.done)} of ${formatNumber(progress.of)} people`
  return (
    <div class="controls">
      <p role="status">
        {reading
          ? `Reading whom they follow: ${people}`
          : network !== undefined &&
            `${counted(network.people.length, 'person', 'people')}, ${counted(network.follows.length, 'follow')} among them.`}
      </p>
      {reading && progress !== undefined && (
        <>
          <progress aria-label="People read" value={progress.done} max={progress.of} />
          <button type="button" onClick={stop}>
            Stop
          </button>
        </>
      )}
      {!reading &&
        error === undefined &&
        (network === undefined || (progress && progress.done < progress.of)) && (
          <button type="button" onClick={again}>
            Go on
          </button>
        )}
    </div>
  )
}

function More({ ego: { network, available = 0, read } }: { ego: Reading }) {
  const shown = network?.people.length ?? 0
  const next = COUNTS.filter((count) => count > shown && shown < available).map((count) =>
    Math.min(count, available),
  )
  const counts = [...new Set(next)]
  if (counts.length === 0) return null
  return (
    <div class="controls">
      <p>
        Shown are the newest. Each further person takes about one call of the 5,000 an hour that a token has.
      </p>
      {counts.map((count) => (
        <button key={count} type="button" onClick={() => read(count)}>
          Show {formatNumber(count)} people
        </button>
      ))}
    </div>
  )
}

function Picture({ network }: { network: Network }) {
  const place = useRef<HTMLDivElement>(null)
  const drawing = useRef<Drawing | null>(null)
  const [communities, setCommunities] = useState<number[]>()
  const [done, setDone] = useState(0)
  const [problem, setProblem] = useState<string>()
  useEffect(() => {
    let left = false
    let newest: LayoutUpdate | null = null
    const failed = (error: unknown) => left || setProblem(`The drawing failed: ${(error as Error).message}`)
    // Loaded here, so that the other views do not wait for the code that draws.
    const code = import('./drawing.ts')
    const begin = async (first: LayoutUpdate) => {
      setCommunities(first.communities)
      const { canDraw, draw } = await code
      if (left || place.current === null) return
      if (!canDraw()) return setProblem('This browser cannot draw with WebGL; the list has the same people.')
      const open = (id: string) => void location.assign(networkHref(id))
      drawing.current = draw(place.current, network, newest ?? first, open)
    }
    const end = layOut(
      network,
      (update) => {
        setDone(update.done)
        newest = update
        if (update.done === 0) begin(update).catch(failed)
        else drawing.current?.move(update)
      },
      failed,
    )
    return () => {
      left = true
      end()
      drawing.current?.stop()
      drawing.current = null
    }
  }, [network])
  // Kept while the drawing settles: two thousand rows take long to compare.
  const members = useMemo(
    () => <Members network={network} communities={communities} point={(id) => drawing.current?.point(id)} />,
    [network, communities],
  )
  const zoom = (how: 'in' | 'out' | 'all', name: string) => (
    <button type="button" onClick={() => drawing.current?.zoom(how)}>
      {name}
    </button>
  )
  return (
    <div class="network">
      <figure>
        {problem !== undefined && <p role="alert">{problem}</p>}
        <div
          ref={place}
          class="drawing"
          hidden={problem !== undefined}
          role="img"
          data-done={done}
          aria-label={`Drawing of ${counted(network.people.length, 'person', 'people')} and the follows among them; the list has the same people.`}
        />
        <figcaption>
          <p class="quiet">
            A colour is a community: people who mostly follow each other. An arrow is a follow, a thick line a
            mutual one. Larger circles have more followers. Click a person to see their network.
          </p>
          <div class="buttons">
            {zoom('in', 'Zoom in')}
            {zoom('out', 'Zoom out')}
            {zoom('all', 'Show all')}
          </div>
        </figcaption>
      </figure>
      {members}
    </div>
  )
}
