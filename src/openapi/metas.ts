// The JSON schemas of `meta` of successes.
import { closed, constant, flag, id, natural, type Schema, text, together } from './schema.ts'

const INCOMPLETE: Schema = {
  ...constant(false),
  description:
    'Only with q: list and matches are over 20,000 each, and only so many of both were looked at, so rows may be missing.',
}
const NEXT_CURSOR: Schema = {
  ...text,
  description:
    'Only with sort=username and sort=followers: cursor of the next page; left out on the last one.',
}

/** The names of the schemas of `meta`. */
export const METAS = ['Meta', 'PageMeta', 'CountedPageMeta', 'IdsMeta'] as const
export type MetaKind = (typeof METAS)[number]

/** `meta` of a success: plain, of a page, of a page with the total of its list, or of ids (the whole list or one page). */
export function metaSchema(kind: MetaKind): Schema {
  const code = constant(200)
  if (kind === 'Meta') return closed({ code })
  const keys = { code, 'max_id?': id, 'min_id?': id, 'complete?': INCOMPLETE }
  if (kind === 'IdsMeta') {
    return closed(
      { ...keys, 'more?': flag },
      { dependentRequired: { max_id: ['min_id', 'more'], min_id: ['max_id', 'more'] } },
    )
  }
  const own = kind === 'CountedPageMeta' ? { total: natural } : { 'next_cursor?': NEXT_CURSOR }
  return closed({ ...keys, ...own, more: flag }, together(['max_id', 'min_id']))
}
