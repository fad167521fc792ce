// The app's own code: private messages are for people who follow each other.

/** May the signed-in user write to this one? */
async function mayMessage(api, token, userId) {
  const answer = await fetch(`${api}/users/${userId}`, { headers: { Authorization: `Bearer ${token}` } })
  if (answer.status === 404) return false
  if (!answer.ok) throw new Error(`asking for user ${userId} answered ${answer.status}`)
  const { data } = await answer.json()
  return data.you_follow && data.follows_you
}

module.exports = { mayMessage }
