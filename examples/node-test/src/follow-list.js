// The app's own code: follows everybody on a list of names, such as one that was exported from another network.

/**
 * Answers what became of each name: `followed`; `unknown`, where there is no such user; `refused` with the API's word for it
 * (`blocked`, `follow-limit` …).
 */
export async function followList(api, token, names) {
  const outcome = { followed: [], unknown: [], refused: {} }
  for (const name of names) {
    const answer = await fetch(`${api}/users/@${encodeURIComponent(name)}/follow`, {
      method: 'POST',
      headers: { Authorization: `Bearer ${token}` },
    })
    const { meta } = await answer.json()
    if (answer.ok) outcome.followed.push(name)
    else if (answer.status === 404) outcome.unknown.push(name)
    else outcome.refused[name] = meta.error_slug
  }
  return outcome
}
