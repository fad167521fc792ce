// What a page of a list is asked by, and what it is read as.
import type { Item, ItemForm } from '../users/item.ts'
import type { PageRequest } from './page.ts'

/** One row of a page: the user, the id of the relationship, when it was made (seconds since 1970), and the user's id. */
export type PageRow = [item: Item, paginationId: bigint, madeAt: bigint | null, userId: bigint]

/** A page of a list of a user's, as a viewer sees it. */
export type ListRequest = {
  list: string
  userId: bigint
  viewerId: bigint | null
  form: ItemForm
  request: PageRequest
}

/** Rows in the order fetched, one more than the page; `total` counts the whole list where a file of cypher/totals/ does. */
export type FetchedPage = { rows: PageRow[]; total: bigint | null }

/** How pages of lists are had. */
export type Lists = {
  /** One page; null where there is no such user. */
  page(asked: ListRequest): Promise<FetchedPage | null>
}
