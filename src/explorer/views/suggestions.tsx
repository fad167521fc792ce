// People whom the reader could follow, each with the reason: how many of those whom the reader follows follow them.
import { useSession } from '../context.ts'
import { Failure } from '../failure.tsx'
import { useLoad } from '../use-load.ts'
import { People } from './people.tsx'

const MOST = 100

export function Suggestions() {
  const { client } = useSession()
  const found = useLoad(
    async (signal) => (await client.call('suggestions', { count: MOST, include_html: 0 }, { signal })).data,
    [],
  )
  return (
    <>
      {found.error !== undefined && <Failure error={found.error} again={found.again} />}
      <p class="quiet" role="status">
        {found.loading
          ? 'Loading …'
          : found.value?.length === 0 && 'No suggestions yet: follow some people first.'}
      </p>
      <People users={found.value ?? []} label="Suggestions" />
    </>
  )
}
