// The app's own code: follows back whoever follows the signed-in user.

type Page = { data: { id: string; username: string }[]; meta: { more: boolean; min_id?: string } }

async function call(token: string, url: string, method = 'GET'): Promise<unknown> {
  const answer = await fetch(url, { method, headers: { Authorization: `Bearer ${token}` } })
  if (!answer.ok) throw new Error(`${method} ${url} answered ${answer.status}: ${await answer.text()}`)
  return answer.json()
}

/**
 * Follows every follower that the user does not follow yet, the newest first, and answers their names. `pageSize` is
 * how many are asked for at a time.
 */
export async function followBack(api: string, token: string, pageSize = 100): Promise<string[]> {
  const followed: string[] = []
  const list = `${api}/users/me/followers/unreciprocated?count=${pageSize}`
  for (let before = ''; ; ) {
    const page = (await call(token, list + before)) as Page
    for (const user of page.data) {
      await call(token, `${api}/users/${user.id}/follow`, 'POST')
      followed.push(user.username)
    }
    if (!page.meta.more) return followed
    before = `&before_id=${page.meta.min_id}`
  }
}
