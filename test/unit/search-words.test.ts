// The words by which users are found: what is the same as what, where words end, and what is asked of the index.
import { describe, expect, it } from 'vitest'
import { searchOf, searchWords } from '../../src/users/search-words.ts'

/** Whether a query finds a user, by what is stored of the user. */
function finds(q: string, username: string, name: string): boolean {
  const search = searchOf(q)
  if (search === null) throw new Error(`there is no word in ${q}`)
  const stored = searchWords(username, name)
  const all = (words: string[]) => words.length > 0 && words.every((word) => stored.includes(word))
  return all(search.usernames) || all(search.names)
}

describe('a query finds a name', () => {
  it.each([
    ['ann', 'Anna Keller'],
    ['kel an', 'Anna Keller'],
    ['ANNA KELLER', 'anna keller'],
    ['jorg', 'Jörg'],
    ['Jörg', 'JORG'],
    ['grosser', 'Größer'],
    ['GRÖSSER', 'größer'],
    ['weiss', 'WEIẞ'],
    ['weiß', 'WEIẞ'],
    ['WEIẞ', 'Weiß'],
    ['istanbul', 'İstanbul'],
    ['İSTANBUL', 'istanbul'],
    ['isik', 'Işık'],
    ['ozgur', 'Özgür'],
    ['lodz', 'Łódź'],
    ['sorensen', 'Sørensen'],
    ['aegir', 'Ægir'],
    ['иван', 'ИВАН'],
    ['андреи', 'Андрей'],
    ['σισυφος', 'ΣΊΣΥΦΟΣ'],
    ['ΟΔΥΣΣΕΥΣ', 'Οδυσσεύς'],
    ['محمد', 'مُحَمَّد'],
    ['احمد', 'أحمد'],
    ['שלום', 'שָׁלוֹם'],
    ['田', '田中太郎'],
    ['한', '한국 사람'],
    ['नमस्ते', 'नमस्ते दुनिया'],
    ['nguyen', 'Nguyễn Văn A'],
    ['o\u0358', 'Pe\u030dh-o\u0358e'],
    ['adele', 'Ade\u0300le'],
    ['fi', 'ﬁsh'],
    ['vip', 'ＶＩＰ'],
    ['bo', '★bo★'],
    ['bo', '❤️bo'],
    ['smith', "O'Smith-Jones"],
    ['jones', 'Smith_Jones'],
    ['smith', '𝒮𝓂𝒾𝓉𝒽'],
    ['anna anna', 'Anna'],
    ['a an ann', 'Anna'],
    ['x', 'x'.repeat(3_000)],
    ['y'.repeat(150), 'y'.repeat(150)],
  ])('%s: %s', (q, name) => {
    expect(finds(q, 'nobody', name)).toBe(true)
  })

  it.each([
    ['nna', 'Anna'],
    ['annak', 'Anna Keller'],
    ['anna x', 'Anna Keller'],
    ['하', '한국'],
    ['कि', 'का'],
    ['keller', 'Anna_Köller'],
  ])('%s is not %s', (q, name) => {
    expect(finds(q, 'nobody', name)).toBe(false)
  })
})

it('all words are found in the username, or all in the name', () => {
  expect(finds('bo', 'bo_derek', 'Someone')).toBe(true)
  expect(finds('der bo', 'bo_derek', 'Someone')).toBe(true)
  expect(finds('bo some', 'bo_derek', 'Someone')).toBe(false)
  expect(finds('@some', 'bo_derek', 'Someone')).toBe(false)
  expect(finds('@Der', 'bo_derek', 'Someone')).toBe(true)
  expect(finds('  @der', 'bo_derek', 'Someone')).toBe(true)
})

it.each([
  '',
  ' ',
  '@',
  '@@',
  '---',
  '_',
  '"',
  '+-&|!(){}[]^"~*?:\\/',
  '★',
  '❤️',
  '\u0000',
  '\u0301',
  '\ufffd',
  '。',
])('there is no word in %j', (q) => {
  expect(searchOf(q)).toBeNull()
})

it.each([
  ['bo', 'bo'],
  ['@Bo', 'bo'],
  ['Bo_Derek', 'bo_derek'],
  ['bö', 'bo'],
  ['bo derek', null],
  ['日本', null],
  ['x'.repeat(21), null],
])('%s is exactly the username %s', (q, username) => {
  expect(searchOf(q)?.username).toBe(username)
})

it('what the index is asked holds nothing of what was typed but letters, digits and marks', () => {
  for (const q of [
    'a:b',
    'a* OR b',
    '"a b"~2',
    'NOT a AND b',
    'a^9',
    '[a TO b]',
    'x\\',
    'é/ü',
    'a\u3000b',
    '{!x}a',
  ]) {
    const asked = (searchOf(q)?.lucene ?? '').replace(/\+?search_words:[UNPQ][\p{L}\p{N}\p{M}]+\*?/gu, 'w')
    expect(asked.replace(/ search_rank:[a-o]\*\^\d+/g, '')).toMatch(/^\+\((\((w ?)+\) ?)+\)$/)
  }
})

it('stored words fit into an index, however long a name is', () => {
  const stored = searchWords('u1', `${'é'.repeat(100_000)} ${'w '.repeat(100_000)}`)
  expect(stored.length).toBeLessThan(500)
  expect(searchWords('u1', Array.from({ length: 1_000 }, (_, n) => `w${n}`).join(' ')).length).toBeLessThan(
    2_000,
  )
})

it('counts a word that is repeated once: the last word of a long query counts, too', () => {
  expect(finds(`${'an '.repeat(64)}zed`, 'x', 'Anna')).toBe(false)
  expect(finds(`${'an '.repeat(64)}zed`, 'x', 'Anna Zed')).toBe(true)
})
