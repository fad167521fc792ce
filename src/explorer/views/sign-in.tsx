// The form that takes a pasted token.
import { useState } from 'preact/hooks'
import { sentenceOf } from '../failure.tsx'

export function SignIn({ error, enter }: { error: unknown; enter: (token: string) => Promise<void> }) {
  const [token, setToken] = useState('')
  const [busy, setBusy] = useState(false)
  const submit = async (event: Event) => {
    event.preventDefault()
    setBusy(true)
    await enter(token)
    setBusy(false)
  }
  return (
    <form class="sign-in" onSubmit={submit}>
      <h1>follow-graph explorer</h1>
      <p>Find people, see who follows whom, and follow them. Every view shows the API call that it makes.</p>
      <label for="token">Token</label>
      <input
        id="token"
        type="password"
        autocomplete="off"
        spellcheck={false}
        required
        aria-describedby="about-token"
        value={token}
        onInput={(event) => setToken(event.currentTarget.value)}
      />
      <p id="about-token" class="quiet">
        A user token or an app token. It stays in this tab until you sign out or close the tab.{' '}
        <code>follow-graph token create @name --scope follow,basic</code> makes one.
      </p>
      {error !== undefined && (
        <p class="failure" role="alert">
          {sentenceOf(error)}
        </p>
      )}
      <button type="submit" disabled={busy}>
        Sign in
      </button>
    </form>
  )
}
