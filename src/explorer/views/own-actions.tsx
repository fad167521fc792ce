// The buttons of the rows in the reader's own lists.
import { say } from '../announce.tsx'
import { useSession } from '../context.ts'
import type { RowActions } from './people.tsx'
import { BlockButton, ChangeButton, type Changed, MuteButton } from './relation-buttons.tsx'

/** Accept and refuse, for those who ask to follow the reader; the row goes when one is pressed. */
export const answerRequest: RowActions = (user, done) => <Answer user={user} done={done} />
export const unmute: RowActions = (user, done) => <MuteButton user={user} done={done} />
export const unblock: RowActions = (user, done) => <BlockButton user={user} done={done} />

function Answer({ user, done }: { user: { id: string; username: string }; done: Changed }) {
  const { client } = useSession()
  const who = `@${user.username}`
  const answer = (name: 'acceptRequest' | 'refuseRequest', said: string) => async () => {
    await client.call(name, { user_id: user.id })
    done(null)
    say(said)
  }
  return (
    <>
      <ChangeButton
        name="Accept"
        label={`Accept the request of ${who}`}
        kind="main"
        change={answer('acceptRequest', `${who} follows you now.`)}
      />
      <ChangeButton
        name="Refuse"
        label={`Refuse the request of ${who}`}
        change={answer('refuseRequest', `Refused the request of ${who}.`)}
      />
    </>
  )
}
