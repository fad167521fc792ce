// The cursors of sorted lists: each is read as the position that it was made of, by its own list only, and never after a change.
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { cursorText, positionOf } from '../../src/relations/cursor.ts'
import { MAX_CURSOR } from '../../src/relations/page.ts'

const id = fc.bigInt({ min: 0n, max: MAX_CURSOR })
const list = fc.constantFrom('followers', 'following')
const byName = fc.record({ list, userId: id, sort: fc.constant('username' as const), key: fc.string(), id })
const byFollowers = fc.record({
  list,
  userId: id,
  sort: fc.constant('followers' as const),
  key: id.map((followers) => -followers),
  id,
})
const anyCursor = fc.oneof(byName, byFollowers)

it('is read as the position that it was made of, whatever the username', () => {
  fc.assert(
    fc.property(anyCursor, ({ key, id, ...sorted }) => {
      const text = cursorText(sorted, { key, id })
      expect(text).toMatch(/^[\w-]+$/)
      expect(positionOf(sorted, text)).toEqual({ key, id })
    }),
  )
})

it('is null where a key of sort=followers is no number, though the checksum is right', () => {
  const sorted = { list: 'followers', userId: 1n, sort: 'followers' as const }
  for (const key of ['abc', '', '1.5', '9'.repeat(20)])
    expect(positionOf(sorted, cursorText(sorted, { key, id: 1n }))).toBeNull()
})

it('is null for another list, another order, and after any change', () => {
  fc.assert(
    fc.property(anyCursor, fc.nat(), fc.constantFrom(...'aZ0_='), ({ key, id, ...sorted }, place, sign) => {
      const text = cursorText(sorted, { key, id })
      expect(positionOf({ ...sorted, list: 'mutuals' }, text)).toBeNull()
      expect(positionOf({ ...sorted, userId: sorted.userId + 1n }, text)).toBeNull()
      const other = sorted.sort === 'username' ? 'followers' : 'username'
      expect(positionOf({ ...sorted, sort: other }, text)).toBeNull()
      const at = place % text.length
      expect(positionOf(sorted, text.slice(0, at))).toBeNull()
      expect(positionOf(sorted, text.slice(0, at) + sign + text.slice(at))).toBeNull()
    }),
  )
})
