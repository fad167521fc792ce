// The types of a request for a page of a list, and of the page that was read.
import type { Item, ItemForm } from '../users/item.ts'
import type { PageRequest } from './page.ts'

/** One row of a page: the user, the id of the relationship, its date (seconds since 1970), and the user's id. */
export type PageRow = [item: Item, paginationId: bigint, madeAt: bigint | null, userId: bigint]

/** A request for a page of one of a user's lists, as a viewer sees it. */
export type ListRequest = {
  list: string
  userId: bigint
  viewerId: bigint | null
  form: ItemForm
  request: PageRequest
}

/**
 * Up to one row more than the page, in the order fetched. `total` is the length of the whole list if cypher/totals/ has a file for it.
 * `hidden`: the user hides lists (`hides_lists`), so few callers may see it; it may be false for the user's own pages.
 */
export type FetchedPage = { rows: PageRow[]; total: bigint | null; hidden: boolean }

/** Reads pages of lists, from the graph or from memory. */
export type Lists = {
  /** One page; null if there is no such user. */
  page(listRequest: ListRequest): Promise<FetchedPage | null>
}
