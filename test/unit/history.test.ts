// The checker of histories finds what it must: a checker that accepts everything proves nothing.
import { describe, expect, it } from 'vitest'
import { type Operation, violation } from '../faults/history.ts'

const op = (
  kind: Operation['kind'],
  begin: number,
  end: number | null,
  following?: boolean,
  id?: string,
): Operation => ({
  kind,
  begin,
  end,
  ...(following === undefined ? {} : { seen: { following, id } }),
})

describe('violation', () => {
  it.each<[string, Operation[]]>([
    [
      'a read after a write',
      [op('follow', 0, 1), op('read', 2, 3, true, '7'), op('unfollow', 4, 5), op('read', 6, 7, false)],
    ],
    [
      'two at once, in either order',
      [op('follow', 0, 9), op('unfollow', 1, 8), op('read', 10, 11, true), op('read', 12, 13, true)],
    ],
    [
      'an unknown write that took effect late',
      [op('unfollow', 0, 1), op('follow', 2, null), op('read', 3, 4, false), op('read', 5, 6, true)],
    ],
    ['an unknown write that never did', [op('follow', 0, null), op('read', 3, 4, false)]],
    [
      'a new id after a new follow',
      [
        op('follow', 0, 1),
        op('read', 2, 3, true, '1'),
        op('unfollow', 4, 5),
        op('follow', 6, 7),
        op('read', 8, 9, true, '2'),
      ],
    ],
  ])('accepts %s', (_, history) => expect(violation(history)).toBeNull())

  it.each<[string, Operation[]]>([
    ['a lost write', [op('follow', 0, 1), op('read', 2, 3, false)]],
    [
      'a stale read',
      [op('follow', 0, 1), op('read', 2, 3, true), op('unfollow', 4, 5), op('read', 6, 7, true)],
    ],
    [
      'an id that changes under a follow',
      [op('follow', 0, 1), op('read', 2, 3, true, '1'), op('follow', 4, 5), op('read', 6, 7, true, '2')],
    ],
    [
      'an id given again',
      [
        op('follow', 0, 1),
        op('read', 2, 3, true, '1'),
        op('unfollow', 4, 5),
        op('follow', 6, 7),
        op('read', 8, 9, true, '1'),
      ],
    ],
    ['a write that nobody made', [op('read', 0, 1, true)]],
  ])('refuses %s', (_, history) => expect(violation(history)).not.toBeNull())
})
