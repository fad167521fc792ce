// The table of what the page shows of a person; a tab is one entry.
import { NetworkTab, PathTab } from '../network/tabs.tsx'
import { listView } from './list.tsx'
import { LiveEvents } from './live.tsx'
import { answerRequest, unblock, unmute } from './own-actions.tsx'
import { Suggestions } from './suggestions.tsx'
import type { Tab } from './tab.ts'

export const FIRST_TAB = 'followers'

const TABS: Tab[] = [
  { key: 'followers', name: 'Followers', View: listView('followers', { label: 'Followers', sorted: true }) },
  { key: 'following', name: 'Following', View: listView('following', { label: 'Following', sorted: true }) },
  { key: 'mutuals', name: 'Mutual', View: listView('mutuals', { label: 'Mutual follows' }) },
  {
    key: 'known',
    name: 'Followers you know',
    View: listView('followersKnown', { label: 'Followers you know' }),
    for: 'others',
  },
  {
    key: 'not-followed',
    name: 'Followers not followed back',
    View: listView('followersUnreciprocated', { label: 'Followers not followed back' }),
  },
  {
    key: 'not-following-back',
    name: 'Not following back',
    View: listView('followingUnreciprocated', { label: 'Those not following back' }),
  },
  { key: 'network', name: 'Network', View: NetworkTab },
  { key: 'path', name: 'Path', View: PathTab },
  { key: 'suggestions', name: 'Suggestions', View: Suggestions, for: 'own' },
  {
    key: 'requests',
    name: 'Requests',
    View: listView('requests', {
      label: 'Requests',
      mine: true,
      actions: answerRequest,
      empty: 'Nobody waits for an answer',
    }),
    for: 'own',
  },
  {
    key: 'requests-sent',
    name: 'Requests sent',
    View: listView('requestsSent', {
      label: 'Requests sent',
      mine: true,
      empty: 'No request of yours waits',
    }),
    for: 'own',
  },
  {
    key: 'muted',
    name: 'Muted',
    View: listView('muted', { label: 'Muted by you', actions: unmute }),
    for: 'own',
  },
  {
    key: 'blocked',
    name: 'Blocked',
    View: listView('blocked', { label: 'Blocked by you', actions: unblock }),
    for: 'own',
  },
  { key: 'live', name: 'Live', View: LiveEvents, for: 'own' },
]

/** The tabs that the reader sees of a person. */
export const tabsFor = ({ own, signedIn }: { own: boolean; signedIn: boolean }): Tab[] =>
  TABS.filter(
    (tab) => tab.for === undefined || (signedIn && (tab.for === 'users' || (tab.for === 'own') === own)),
  )
