// Reads the query parameters that say how Users are shown.

import { flag } from '../http/params.ts'
import type { Show } from './view.ts'

/** The parameters that every route with Users in its answer has. */
export function showOf(query: URLSearchParams): Show {
  const annotations = flag(query, 'include_annotations', false)
  const userAnnotations = flag(query, 'include_user_annotations', false)
  return { annotations: annotations || userAnnotations, html: flag(query, 'include_html', true) }
}
