// Which parts of a text are mentions, hashtags and links.
import { describe, expect, test } from 'vitest'
import { find, mentionCandidates } from '../../src/users/entities.ts'

const mentions = (text: string) => find(text).mentions.map(({ name }) => name)
const hashtags = (text: string) => find(text).hashtags.map(({ name }) => name)
const links = (text: string) => find(text).links.map((link) => link.text)

describe('mentions', () => {
  test.each([
    ['@bo', ['bo']],
    ['hi @Bo, and (@ADA_99)!', ['bo', 'ada_99']],
    ['@bo @bo', ['bo', 'bo']],
    ['@abcdefghijklmnopqrst', ['abcdefghijklmnopqrst']],
    ['@abcdefghijklmnopqrstu', []],
    ['a@b.com', []],
    ['josé@bo', []],
    ['jose\u0301@bo', []],
    ['_@bo', []],
    ['@@bo', ['bo']],
    ['@ bo', []],
    ['@', []],
    ['❤️@bo', ['bo']],
    ['@bo你好', ['bo']],
    ['＠bo', []],
    ['https://x.example.com/@bo', []],
    ['@http://x.example.com', []],
  ])('%s', (text, names) => {
    expect(mentions(text)).toEqual(names)
  })

  test('candidates are lower case, each once', () => {
    expect(mentionCandidates('@Bo @ada @bO a@c http://x.example.com/@dee')).toEqual(['bo', 'ada'])
    expect(mentionCandidates('nobody')).toEqual([])
  })
})

describe('hashtags', () => {
  test.each([
    ['#API', ['api']],
    ['#日本語 #مرحبا #héllo #he\u0301llo', ['日本語', 'مرحبا', 'héllo', 'he\u0301llo']],
    ['#می\u200cخواهم', ['می\u200cخواهم']],
    ['#4ever #web_2', ['4ever', 'web_2']],
    ['#1 #42 #1_2 #_ #', []],
    ['a#b', []],
    ['é#b', []],
    ['&#x27; &#39;', []],
    ['##b', ['b']],
    ['#a#b', ['a']],
    ['(#a)', ['a']],
    ['#a-b', ['a']],
    ['#️⃣hello', []],
    ['＃a', []],
    ['http://x.example.com/#a', []],
    ['#App.net', ['app']],
  ])('%s', (text, names) => {
    expect(hashtags(text)).toEqual(names)
  })
})

describe('links', () => {
  test.each([
    ['see App.net, now', ['App.net']],
    ['README.md', []],
    ['main.rs setup.py run.sh README.md#use package.json foo.bar', []],
    ['docs.rs/koa www.docs.rs https://docs.rs', ['docs.rs/koa', 'www.docs.rs', 'https://docs.rs']],
    ['https://github.com/a/README.md', ['https://github.com/a/README.md']],
    ['(http://x.com/a_(b))', ['http://x.com/a_(b)']],
    ['http://x.com/a)', ['http://x.com/a']],
    [
      '[http://x.com/a] <http://x.com/b> "http://x.com/c" `http://x.com/d`',
      ['a', 'b', 'c', 'd'].map((end) => `http://x.com/${end}`),
    ],
    ['http://x.com/?a=1&b=2#c', ['http://x.com/?a=1&b=2#c']],
    ['http://localhost:3000/x http://1.2.3.4/y', ['http://localhost:3000/x', 'http://1.2.3.4/y']],
    ['HTTPS://X.com/A', ['HTTPS://X.com/A']],
    ['http://пример.рф/а пример.рф', ['http://пример.рф/а', 'пример.рф']],
    ['🔗App.net🎉 ❤️https://x.com/a🎉', ['App.net', 'https://x.com/a']],
    ['mailto:a@b.com a@b.com john.co@b.com', []],
    ['ftp://x.com //x.com javascript:x.com xhttp://x.com', []],
    ['http:// http://. https://?', []],
    ['1.2.3 e.g. v2.0', []],
    ['http://name:secret@x.com/ https://x.com@y.com', []],
  ])('%s', (text, expected) => {
    expect(links(text)).toEqual(expected)
  })

  test.each(Array.from('.,;:!?…。、\'")]}»”*`@'))('%s after a link is no part of it', (mark) => {
    for (const link of ['App.net', 'http://x.com', 'http://x.com/a', 'http://x.com/a?b=c']) {
      for (const text of [link + mark, `${link}${mark} x`, link + mark + mark]) {
        if (mark === '@' && !link.includes('/a')) continue
        expect(links(text)).toEqual([link])
      }
    }
  })

  test('a bare domain leads to http, a scheme stays as it was written', () => {
    expect(find('App.net HTTPS://x.com').links).toEqual([
      { text: 'App.net', url: 'http://App.net', pos: 0, len: 7 },
      { text: 'HTTPS://x.com', url: 'HTTPS://x.com', pos: 8, len: 13 },
    ])
  })
})

test('places are code points, the sign counted in', () => {
  expect(find('😀 @bo 👩‍👩‍👧 #Äpfel e\u0301 App.net')).toEqual({
    mentions: [{ name: 'bo', pos: 2, len: 3 }],
    hashtags: [{ name: 'äpfel', pos: 12, len: 6 }],
    links: [{ text: 'App.net', url: 'http://App.net', pos: 22, len: 7 }],
  })
})

test('a lone surrogate is one character like any other', () => {
  expect(find('\ud83d@bo \udc00 #a \ud83d')).toEqual({
    mentions: [{ name: 'bo', pos: 1, len: 3 }],
    hashtags: [{ name: 'a', pos: 7, len: 2 }],
    links: [],
  })
})

test('hostile text takes time in proportion to its length', () => {
  const pieces = [
    'a.',
    'a-',
    '!xn--a.',
    'http://',
    'http://x.com/(',
    '(a',
    '"a',
    '@a',
    'a@a.',
    '#1',
    '\u0301',
    '@\u0301',
    'http:',
    '//a',
    '😀.',
  ]
  const labels = '!xn--aaa.xn--aaa.xn--aaa.xn--aaa.xn--aaa.xn--aaa.xn--aaa.xn--aaa.xn--aaa.xn--aaa.qqq_'
  for (const piece of [...pieces, labels, ...pieces.map((a) => `http://x.com/${a}`)]) {
    for (const start of ['', 'http://x.com/', 'http://x.com/((((']) {
      const text = (start + piece.repeat(10_000)).slice(0, 10_000)
      find(text.slice(0, 256))
      const began = performance.now()
      find(text)
      // Measured: 1 to 6 ms. Quadratic time would be seconds.
      expect(performance.now() - began, JSON.stringify(piece)).toBeLessThan(300)
    }
  }
})
