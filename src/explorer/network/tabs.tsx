// The tabs of a person that show more than one list: the network, and the path.
import { useSession } from '../context.ts'
import type { TabProps } from '../views/tab.ts'
import { EgoNetwork } from './ego-network.tsx'
import { PathBetween } from './path-between.tsx'

export function NetworkTab({ user }: TabProps) {
  const { client } = useSession()
  return <EgoNetwork client={client} userId={user.id} />
}

/** From the reader to the person; from the person on, where the reader is the person or an app. */
export function PathTab({ user, own }: TabProps) {
  const { client, me } = useSession()
  const name = `@${user.username}`
  return me === null || own ? (
    <PathBetween client={client} from={name} />
  ) : (
    <PathBetween client={client} from={`@${me.username}`} to={name} />
  )
}
