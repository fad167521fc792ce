// A list of a person as a view: search and sort above, the rows below.
import type { FunctionComponent } from 'preact'
import type { Calls, PageName } from '../../client/client.ts'
import { useSession } from '../context.ts'
import { Endless, type ListPage } from '../list/endless.tsx'
import type { Sort } from '../list/window.ts'
import { useLive } from '../live.ts'
import { hrefOf } from '../route.ts'
import { hasWord, SearchBox } from './find.tsx'
import type { RowActions } from './people.tsx'
import type { TabProps } from './tab.ts'

type ListName = Exclude<PageName, 'followersIds' | 'followingIds'>
type Options = {
  /** Shown to screen readers as the name of the list. */
  label: string
  sorted?: boolean
  /** Whether the list is the reader's own, so that its address names no user. */
  mine?: boolean
  actions?: RowActions
  empty?: string
}

const SORTS: Record<Sort, string> = {
  newest: 'newest first',
  oldest: 'oldest first',
  username: 'by username',
  followers: 'most followers first',
}

/** The view of one list of the API. */
export function listView(name: ListName, options: Options): FunctionComponent<TabProps> {
  return ({ user, own, base, query }) => {
    const { client } = useSession()
    const { changes } = useLive()
    const q = query.get('q') ?? ''
    const sort =
      options.sorted && Object.hasOwn(SORTS, query.get('sort') ?? '') ? (query.get('sort') as Sort) : 'newest'
    const words = hasWord(q) ? { q } : {}
    const whose = options.mine ? {} : { user_id: own ? 'me' : user.id }
    const go = (next: { q: string; sort: string }) =>
      location.replace(hrefOf(base, { q: next.q, sort: next.sort === 'newest' ? '' : next.sort }))
    return (
      <>
        <div class="controls">
          <SearchBox label="Search in this list" q={q} go={(text) => go({ q: text, sort })} />
          {options.sorted && (
            <label>
              <span>Order</span>
              <select value={sort} onChange={(event) => go({ q, sort: event.currentTarget.value })}>
                {Object.entries(SORTS).map(([key, text]) => (
                  <option key={key} value={key}>
                    {text}
                  </option>
                ))}
              </select>
            </label>
          )}
        </div>
        <Endless
          key={`${user.id} ${sort} ${q}`}
          label={`${options.label} of @${user.username}`}
          fresh={own && name === 'followers' ? changes : 0}
          sort={sort}
          empty={hasWord(q) ? 'Nobody matches' : (options.empty ?? 'Nobody yet')}
          read={async (params, signal) =>
            (await client.call(
              name,
              { ...whose, include_html: 0, ...words, ...params } as Calls[ListName]['params'],
              { signal },
            )) as ListPage
          }
          {...(options.actions === undefined ? {} : { actions: options.actions })}
        />
      </>
    )
  }
}
