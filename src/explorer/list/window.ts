// The part of a long list that the page keeps: a few pages next to each other, and the calls that get the page before and the page after.

export type Sort = 'newest' | 'oldest' | 'username' | 'followers'
type Item = { pagination_id: string }
type Meta = { more: boolean; next_cursor?: string }
type Fetched<T> = { data: T[]; meta: Meta }
type Page<T> = { items: T[]; number: number }

/** The parameters of one call. */
export type Params = {
  count: number
  before_id?: string
  since_id?: string
  cursor?: string
  sort?: Exclude<Sort, 'newest'>
}

export type Window<T extends Item> = {
  sort: Sort
  pages: Page<T>[]
  /** Whether the list goes on before the first page that is kept, and after the last one. */
  before: boolean
  after: boolean
  /** With sort=username and sort=followers: the cursor of each page by its number. */
  cursors: (string | undefined)[]
}

/** Rows of a page: the most that the API answers at once. */
export const PAGE = 200
// Pages that are kept. A screen shows about ten rows; the rest is there for fast scrolling and for the search of the browser.
const KEPT = 5

export const emptyWindow = <T extends Item>(sort: Sort): Window<T> => ({
  sort,
  pages: [],
  before: false,
  after: true,
  cursors: [undefined],
})

/** All rows that are kept. */
export const rowsOf = <T extends Item>({ pages }: Window<T>): T[] => pages.flatMap(({ items }) => items)

/** The call that gets the page after the last one. */
export function paramsAfter<T extends Item>({ sort, pages, cursors }: Window<T>): Params {
  const last = pages.at(-1)
  const id = last?.items.at(-1)?.pagination_id
  if (sort === 'newest') return { count: PAGE, ...(id === undefined ? {} : { before_id: id }) }
  if (sort === 'oldest') return { sort, count: PAGE, ...(id === undefined ? {} : { since_id: id }) }
  const cursor = last === undefined ? undefined : cursors[last.number + 1]
  return { sort, count: PAGE, ...(cursor === undefined ? {} : { cursor }) }
}

/** The call that gets the page before the first one. A list that begins with its oldest row is read backwards from there. */
export function paramsBefore<T extends Item>({ sort, pages, cursors }: Window<T>): Params {
  const first = pages[0]
  const id = first?.items[0]?.pagination_id
  if (sort === 'newest') return { count: -PAGE, ...(id === undefined ? {} : { since_id: id }) }
  if (sort === 'oldest') return { count: PAGE, ...(id === undefined ? {} : { before_id: id }) }
  const cursor = cursors[(first?.number ?? 0) - 1]
  return { sort, count: PAGE, ...(cursor === undefined ? {} : { cursor }) }
}

/** The window with the answer to `paramsAfter`; what is too much at the beginning is dropped. */
export function addAfter<T extends Item>(window: Window<T>, { data, meta }: Fetched<T>): Window<T> {
  const number = (window.pages.at(-1)?.number ?? -1) + 1
  const pages = [...window.pages, { items: unknown(window, data), number }].filter(countsIn(window))
  const cursors = [...window.cursors]
  if (meta.next_cursor !== undefined) cursors[number + 1] = meta.next_cursor
  const dropped = tooMany(window.sort, pages)
  return {
    ...window,
    cursors,
    pages: pages.slice(dropped),
    before: window.before || dropped > 0,
    after: meta.more,
  }
}

/** The window with the answer to `paramsBefore`; what is too much at the end is dropped. */
export function addBefore<T extends Item>(window: Window<T>, { data, meta }: Fetched<T>): Window<T> {
  const { sort } = window
  const items = unknown(window, sort === 'oldest' ? [...data].reverse() : data)
  const number = (window.pages[0]?.number ?? 1) - 1
  const pages = [{ items, number }, ...window.pages].filter(countsIn(window))
  const dropped = tooMany(sort, [...pages].reverse())
  return {
    ...window,
    pages: pages.slice(0, pages.length - dropped),
    before: sort === 'newest' || sort === 'oldest' ? meta.more : number > 0,
    after: window.after || dropped > 0,
  }
}

// How many of the first pages can go. New followers who come one by one are pages of one row: where pages are counted by their rows, these push
// no full page out, which would be read again at once and push them out.
function tooMany<T extends Item>(sort: Sort, pages: Page<T>[]): number {
  if (isByCursor(sort)) return Math.max(0, pages.length - KEPT)
  let rest = rowsIn(pages)
  const first = pages.findIndex(({ items }) => {
    rest -= items.length
    return rest < KEPT * PAGE
  })
  return Math.max(0, first)
}

const rowsIn = <T extends Item>(pages: Page<T>[]): number =>
  pages.reduce((sum, { items }) => sum + items.length, 0)

const isByCursor = (sort: Sort): boolean => sort === 'username' || sort === 'followers'

// A page is found by the ids of its rows, and by its number where the list is paged by cursors: an empty one counts there.
const countsIn =
  <T extends Item>({ sort }: Window<T>) =>
  ({ items }: Page<T>): boolean =>
    items.length > 0 || isByCursor(sort)

// By username and by followers, rows that move while the list is read can come twice.
function unknown<T extends Item>(window: Window<T>, items: T[]): T[] {
  const known = new Set(rowsOf(window).map(({ pagination_id }) => pagination_id))
  return items.filter(({ pagination_id }) => !known.has(pagination_id))
}
