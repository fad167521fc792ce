// Who is signed in: the token, which is kept in sessionStorage and is never part of an address, and the client that sends it.
import { FollowGraphClient, type User } from '../client/client.ts'
import { recordingFetch } from './recorded.ts'

const KEY = 'follow-graph-token'
/** The address of the service; the page lies at its root. */
export const ROOT = new URL('.', location.href).href.replace(/\/$/, '')

export type Session = {
  client: FollowGraphClient
  /** The user of the token; null for the token of an app. */
  me: User | null
  app: string
}

export const storedToken = (): string | null => sessionStorage.getItem(KEY)

/** Keeps the token until the tab is closed or `signOut` is called, and asks the service whose it is. */
export async function signIn(token: string): Promise<Session> {
  // A pasted line often has a blank at its end.
  const text = token.trim()
  if (/[^!-~]/.test(text)) throw new Error('This is not a token: it has characters that no token has.')
  const client = new FollowGraphClient({
    url: ROOT,
    token: text,
    // Waits longer than this are shown, with a button to try again.
    retries: 2,
    longestWait: 2,
    fetch: recordingFetch(ROOT),
  })
  sessionStorage.setItem(KEY, text)
  const { data } = await client.call('token')
  return { client, me: data.user ?? null, app: data.app.name }
}

export function signOut(): void {
  sessionStorage.removeItem(KEY)
}

/** The code of a sign-in link (`#once=…`), which is removed from the address and from the history. */
export function takeCode(): string | null {
  const code = /^#once=([\w-]+)$/.exec(location.hash)?.[1] ?? null
  if (code !== null) history.replaceState(null, '', `${location.pathname}#/`)
  return code
}

/** The token of a sign-in link; works once. */
export async function exchange(code: string): Promise<string> {
  const answer = await fetch(`${ROOT}/explorer/sign-in`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ code }),
  })
  const { data, meta } = (await answer.json()) as {
    data?: { access_token: string }
    meta: { error_message?: string }
  }
  if (data === undefined) throw new Error(meta.error_message ?? `The service answered ${answer.status}.`)
  return data.access_token
}
