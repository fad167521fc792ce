// The app's own code: follows back whoever follows the signed-in user.
import type { FollowGraphClient } from 'follow-graph/client'

/**
 * Follows every follower that the user does not follow yet, the newest first, and answers their names. `pageSize` is
 * how many are asked for at a time.
 */
export async function followBack(client: FollowGraphClient, pageSize = 100): Promise<string[]> {
  const followed: string[] = []
  for await (const user of client.items('followersUnreciprocated', { user_id: 'me', count: pageSize })) {
    await client.follow(user.id)
    followed.push(user.username)
  }
  return followed
}
