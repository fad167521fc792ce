// Shows an error of a call with what can be done about it, and tries again by itself where that can help.
import { useEffect, useState } from 'preact/hooks'
import { FollowGraphError } from '../client/client.ts'
import { useSession } from './context.ts'

// Long enough for a service that restarts not to be flooded by open pages.
const AGAIN_SECONDS = 3

/** A sentence about the error. */
export function sentenceOf(error: unknown): string {
  if (!(error instanceof FollowGraphError)) return String((error as Error)?.message ?? error)
  if (error.slug === 'network') return 'The service cannot be reached.'
  return error.message
}

/** Seconds until the same call may succeed; null if it cannot. */
export function secondsOf(error: unknown): number | null {
  if (!(error instanceof FollowGraphError)) return null
  if (error.status === 429 || error.status === 503) return error.retryAfter ?? AGAIN_SECONDS
  return [0, 502, 504].includes(error.status) ? AGAIN_SECONDS : null
}

export function Failure({ error, again }: { error: unknown; again?: () => void }) {
  const { signOut } = useSession()
  const [left, setLeft] = useState<number | null>(null)
  useEffect(() => {
    let seconds = again === undefined ? null : secondsOf(error)
    setLeft(seconds)
    if (seconds === null) return
    const timer = setInterval(() => {
      seconds = (seconds as number) - 1
      setLeft(Math.max(seconds, 0))
      if (seconds > 0) return
      clearInterval(timer)
      again?.()
    }, 1_000)
    return () => clearInterval(timer)
  }, [error])
  const status = error instanceof FollowGraphError ? error.status : undefined
  return (
    <div class="failure" role="alert">
      <p>
        {sentenceOf(error)}
        {left !== null && <span aria-hidden="true"> Next try in {left} s.</span>}
      </p>
      {again !== undefined && (
        <button type="button" onClick={again}>
          Try again
        </button>
      )}
      {status === 401 && (
        <button type="button" onClick={signOut}>
          Sign in with another token
        </button>
      )}
    </div>
  )
}
