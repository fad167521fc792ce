// CONTRACT section 6: following and unfollowing.
import { describe, expect, it } from 'vitest'
import { startTestService } from '../support/service.ts'

const service = await startTestService()

describe('POST users/{user_id}/follow', () => {
  it('answers the followed User with you_follow and the new count', async () => {
    const [a, b] = await service.users(2)
    const answer = await service.call('POST', `/stream/0/users/${b!.id}/follow`, { token: a!.token })
    expect(answer.status).toBe(200)
    expect(answer.body.data).toMatchObject({ id: b!.id, you_follow: true, counts: { followers: 1 } })
  })
})
