// Decides whether this instance is ready: the database answers, has the schema and the plans of the commonest statements, and accepts changes.
import { monotonic, wait } from '../clock.ts'
import { GraphUnavailable } from './failures.ts'
import type { Graph, GraphObserver } from './graph.ts'

export type Ready = { ready: boolean; reason: string | null }

export type Readiness = {
  /** Must be called after each round trip to the database. */
  observe: GraphObserver
  /** Whether the instance is ready, and one word for `/health/ready` (docs/operations.md) if something is wrong. */
  ask(): Promise<Ready>
}

// The time that a health check waits for the commonest statements after an outage.
const WARM_TIMEOUT_MS = 1_000
const OUTAGES = new Set(['unreachable', 'database'])

/**
 * `common` runs the commonest statements once, so that they are planned. After an outage the instance is ready again only when they have
 * answered; otherwise the first requests would wait for seconds while the database plans.
 */
export function createReadiness(parts: {
  ping: Graph['ping']
  common(): Promise<void>
  state(): 'stopping' | 'schema' | 'writers' | null
}): Readiness {
  let cold = false
  let warming: Promise<boolean> | undefined

  function warm(): Promise<boolean> {
    warming ??= parts
      .common()
      .then(
        () => {
          cold = false
          return true
        },
        () => false,
      )
      .finally(() => {
        warming = undefined
      })
    return warming
  }

  return {
    observe({ failed }) {
      if (failed === 'unreachable') cold = true
    },
    async ask() {
      const state = parts.state()
      if (state === 'stopping') return notReady(state)
      const began = monotonic()
      try {
        await parts.ping()
      } catch (error) {
        const reason = error instanceof GraphUnavailable ? error.reason : 'error'
        if (OUTAGES.has(reason)) cold = true
        return notReady(reason)
      }
      if (state === 'schema') return notReady(state)
      // With the state `writers` the instance is ready: reads work, and other instances cannot commit changes either, as all share the lock.
      if (!cold) return { ready: true, reason: state }
      const left = Math.max(0, WARM_TIMEOUT_MS - (monotonic() - began))
      const warmed = await Promise.race([warm(), wait(left, false, { ref: false })])
      return warmed ? { ready: true, reason: state } : notReady('cold')
    },
  }
}

const notReady = (reason: string): Ready => ({ ready: false, reason })
