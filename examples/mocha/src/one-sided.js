// The app's own code: whom a user follows who does not follow back.

/** Their usernames, newest follow first, read page by page. Throws with the API's message where it refuses. */
export async function oneSided(api, token) {
  const names = []
  let cursor = ''
  for (;;) {
    const answer = await fetch(`${api}/users/me/following/unreciprocated?count=2${cursor}`, {
      headers: { Authorization: `Bearer ${token}` },
    })
    const { data, meta } = await answer.json()
    if (!answer.ok) throw new Error(meta.error_message)
    names.push(...data.map(({ username }) => username))
    if (!meta.more) return names
    cursor = `&before_id=${meta.min_id}`
  }
}
