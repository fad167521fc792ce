// Reads from a query string how Users are to be shown.

import { flag } from '../http/params.ts'
import type { Show } from './view.ts'

/** The general parameters of every route that returns Users. */
export function showOf(query: URLSearchParams): Show {
  const annotations = flag(query, 'include_annotations', false)
  const userAnnotations = flag(query, 'include_user_annotations', false)
  return { annotations: annotations || userAnnotations, html: flag(query, 'include_html', true) }
}
