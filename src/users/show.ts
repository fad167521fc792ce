// Knows what a call says about how Users are to be shown: the general parameters, and who looks.
import type { Call } from '../http/call.ts'
import { flag } from '../http/params.ts'
import type { Show, Viewer } from './view.ts'

/** The general parameters of every route that returns Users. */
export function showOf(query: URLSearchParams): Show {
  const annotations = flag(query, 'include_annotations', false)
  const userAnnotations = flag(query, 'include_user_annotations', false)
  return { annotations: annotations || userAnnotations, html: flag(query, 'include_html', true) }
}

/** The user that looks; null for an app token and for none. */
export const viewerOf = (call: Call): Viewer => call.token?.user ?? null
