// What a tab of a person is.
import type { FunctionComponent } from 'preact'
import type { User } from '../../client/client.ts'

export type TabProps = {
  user: User
  /** Whether the person is the reader. */
  own: boolean
  /** The address of this tab without a query. */
  base: string
  query: URLSearchParams
}
export type Tab = {
  /** The last part of the address. */
  key: string
  name: string
  View: FunctionComponent<TabProps>
  /** Who sees the tab: only the person, only others, or every user (not apps); by default everybody. */
  for?: 'own' | 'others' | 'users'
}
