// A list of any length that is read as it is scrolled, in both directions, and of which only a part is kept.
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks'
import { Failure } from '../failure.tsx'
import { type Listed, Row, type RowActions } from '../views/people.tsx'
import {
  addAfter,
  addBefore,
  emptyWindow,
  type Params,
  paramsAfter,
  paramsBefore,
  rowsOf,
  type Sort,
  type Window,
} from './window.ts'

export type ListItem = Listed & { pagination_id: string }
export type ListPage = {
  data: ListItem[]
  meta: { more: boolean; next_cursor?: string; total?: number; complete?: false }
}
type Direction = 'before' | 'after'

export type EndlessProps = {
  label: string
  sort: Sort
  /** Reads one page. The component must get another key when this changes. */
  read: (params: Params, signal: AbortSignal) => Promise<ListPage>
  empty: string
  actions?: RowActions
  /** Grows when there is something new at the beginning. */
  fresh?: number
}

export function Endless({ label, sort, read, empty, actions, fresh = 0 }: EndlessProps) {
  const [window, setWindow] = useState<Window<ListItem>>(() => emptyWindow(sort))
  const [meta, setMeta] = useState<ListPage['meta']>()
  const [loading, setLoading] = useState<Direction | null>(null)
  const [failed, setFailed] = useState<{ error: unknown; direction: Direction }>()
  const list = useRef<HTMLOListElement>(null)
  // A row that stays, and where it was on the screen before rows came or went above it.
  const anchor = useRef<{ id: string; top: number } | null>(null)
  const left = useRef(new AbortController())
  const busy = useRef(false)
  // As it is when an answer arrives: a new follower may have been announced meanwhile.
  const latest = useRef(window)
  latest.current = window

  const load = async (direction: Direction) => {
    if (busy.current) return
    busy.current = true
    setLoading(direction)
    setFailed(undefined)
    const params = direction === 'after' ? paramsAfter(window) : paramsBefore(window)
    try {
      const page = await read(params, left.current.signal)
      const now = latest.current
      const next = direction === 'after' ? addAfter(now, page) : addBefore(now, page)
      anchor.current = anchorOf(list.current, now, next)
      setWindow(next)
      if (direction === 'after') setMeta(page.meta)
    } catch (error) {
      if (!left.current.signal.aborted) setFailed({ error, direction })
    }
    busy.current = false
    setLoading(null)
  }
  useEffect(() => {
    void load('after')
    return () => left.current.abort(new DOMException('The list was left.', 'AbortError'))
  }, [])
  const begun = useRef(fresh)
  useEffect(() => {
    if (fresh === begun.current || sort !== 'newest') return
    const isEmpty = rowsOf(latest.current).length === 0
    // Once the call in progress has ended: it may have begun before the new follower came.
    if (isEmpty && busy.current) return
    begun.current = fresh
    if (isEmpty) return void load('after')
    const next = { ...latest.current, before: true }
    anchor.current = anchorOf(list.current, latest.current, next)
    setWindow(next)
  }, [fresh, loading])
  useLayoutEffect(() => {
    const before = anchor.current
    anchor.current = null
    const row = before === null ? null : rowOf(list.current, before.id)
    if (before !== null && row != null)
      scrollBy({ top: row.getBoundingClientRect().top - before.top, behavior: 'instant' })
  }, [window])

  const idle = loading === null && failed === undefined
  const failure = (direction: Direction) =>
    failed?.direction === direction && <Failure error={failed.error} again={() => void load(direction)} />
  const rows = rowsOf(window)
  return (
    <div class="endless">
      {meta?.total !== undefined && <p class="quiet">{meta.total} in all</p>}
      {meta?.complete === false && (
        <p class="quiet">List and matches are very long: only a part of both was searched.</p>
      )}
      {failure('before')}
      {window.before && (
        <More name="Show rows before" armed={idle} window={window} load={() => void load('before')} />
      )}
      <ol class="people" aria-label={label} aria-busy={loading !== null} ref={list}>
        {window.pages.map(({ items, number }) => (
          <PageRows key={`${number} ${items[0]?.pagination_id}`} items={items} actions={actions} />
        ))}
      </ol>
      {failure('after')}
      {window.after && rows.length > 0 && (
        <More name="Show more" armed={idle} window={window} load={() => void load('after')} />
      )}
      <p class="quiet" role="status">
        {loading !== null
          ? 'Loading …'
          : failed !== undefined
            ? ''
            : rows.length === 0
              ? empty
              : !window.after && 'End of the list'}
      </p>
    </div>
  )
}

// Rendered once: a page of rows does not change when others come and go.
function PageRows({ items, actions }: { items: ListItem[]; actions: RowActions | undefined }) {
  return useMemo(
    () => (
      <>
        {items.map((item) => (
          <Row key={item.pagination_id} given={item} {...(actions === undefined ? {} : { actions })} />
        ))}
      </>
    ),
    [items],
  )
}

// A button that presses itself when it comes near the screen.
function More(props: { name: string; armed: boolean; window: unknown; load: () => void }) {
  const button = useRef<HTMLButtonElement>(null)
  useEffect(() => {
    if (!props.armed) return
    const observer = new IntersectionObserver(
      (entries) => entries.some(({ isIntersecting }) => isIntersecting) && props.load(),
      { rootMargin: '1200px 0px' },
    )
    observer.observe(button.current as Element)
    return () => observer.disconnect()
  }, [props.armed, props.window])
  return (
    <button ref={button} type="button" class="more" onClick={props.load}>
      {props.name}
    </button>
  )
}

// None while the beginning of the list is on the screen: what is new there must be visible.
function anchorOf(list: Element | null, now: Window<ListItem>, next: Window<ListItem>) {
  const beginning = list?.firstElementChild?.getBoundingClientRect().top ?? 0
  if (beginning >= 0) return null
  const stays = new Set(rowsOf(next).map(({ pagination_id }) => pagination_id))
  const first = rowsOf(now).find(({ pagination_id }) => stays.has(pagination_id))
  const row = first === undefined ? null : rowOf(list, first.id)
  return row == null ? null : { id: (first as ListItem).id, top: row.getBoundingClientRect().top }
}

const rowOf = (list: Element | null, id: string) => list?.querySelector(`[data-id="${id}"]`) ?? null
