// Which parts of a text are mentions, hashtags and links.
import { describe, expect, test } from 'vitest'
import { find, mentionCandidates } from '../../src/users/entities.ts'

const mentions = (text: string) => find(text).mentions.map(({ name }) => name)
const hashtags = (text: string) => find(text).hashtags.map(({ name }) => name)
const links = (text: string) => find(text).links.map((link) => link.text)

// Marks of direction, the space of width zero, the byte order mark.
const INVISIBLE = Array.from(
  '\u061c\u200b\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2061\u2062\u2063\u2064\u2065\u2066\u2067\u2068\u2069\ufeff',
)

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
    ['谢谢@bo ありがとう@boさん ラーメン@bo ﾃﾞ@bo 𠮷@bo', ['bo', 'bo', 'bo', 'bo', 'bo']],
    ['ดูที่@bo ຂອບໃຈ@bo តាម@bo', ['bo', 'bo', 'bo']],
    ['谢a@bo 谢_@bo 谢é@bo 谢e\u0301@bo 안녕@bo', []],
    ['@bo谢谢@ada', ['bo', 'ada']],
    ['\u200e@bo\u200f \u2067@ada\u2069 a\u200b@dee', ['bo', 'ada', 'dee']],
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
    ['谢谢#tag ดูที่#tag', ['tag', 'tag']],
    ['谢a#b', []],
    ['#话题#本文#x #y', ['话题', 'y']],
    ['#日本##中国#', ['日本', '中国']],
    ['\u200f#tag\u200f \u2067#שלום\u2069', ['tag', 'שלום']],
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
    ['http://name_:secret@x.com http://na=me:secret@x.com http://name-@x.com', []],
    ['~App.net ~~App.net~~ x=App.net ©App.net ～App.net～', Array(5).fill('App.net')],
    ['http://x.com/~bo x.com/~bo?a=', ['http://x.com/~bo', 'x.com/~bo?a=']],
    ['_App.net_ __App.net__ _http://x.com_', ['App.net', 'App.net', 'http://x.com']],
    ['_http://x.com/a_ ~~x.com/a~~ http://x.com/a_', ['http://x.com/a', 'x.com/a', 'http://x.com/a_']],
    ['a_b.com /_b.com App.net-based App.net_based http://a_b.com http://a-.b.com', []],
    ['App.net-. App.net.- App.net._x_', ['App.net', 'App.net', 'App.net']],
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

  test.each(Array.from('-_=$^~+™'))('%s after a domain is no part of the link', (mark) => {
    for (const link of ['App.net', 'http://x.com', 'http://x.com:80', 'http://localhost']) {
      for (const text of [link + mark, `${link}${mark} x`, link + mark + mark, `${link}${mark}.`]) {
        expect(links(text)).toEqual([link])
      }
    }
  })

  test.each(INVISIBLE)('the invisible %j is no part of a link', (mark) => {
    for (const link of ['App.net', 'http://x.com', 'http://x.com/a', 'http://x.com/(a)?b="c"']) {
      for (const text of [mark + link, `א${mark}${link}${mark}א`, `${link}${mark}.`, `${link}.${mark}`]) {
        expect(links(text)).toEqual([link])
      }
    }
    expect(links(`http://x.com/(a${mark}) a@b.com${mark}`)).toEqual(['http://x.com/'])
  })

  test.each([
    ['官网http://app.net/x 官网https://x.com。', ['http://app.net/x', 'https://x.com']],
    ['公式サイトはApp.net すごいWebサイトはwww.App.net/a', ['App.net', 'www.App.net/a']],
    ['ดูที่App.netครับ 𠮷App.net ຂອບໃຈApp.net តាមApp.net-', Array(4).fill('App.net')],
    [`${'谢'.repeat(100)}App.net`, ['App.net']],
    [
      'App.netとApp.ioです http://x.com谢谢http://x.com:80です',
      ['App.net', 'App.io', 'http://x.com', 'http://x.com:80'],
    ],
    [
      '例え.jp 日本語.com 日本語.App.net 3dプリンター.com ทดสอบ.ไทย http://日本app.com',
      ['例え.jp', '日本語.com', '日本語.App.net', '3dプリンター.com', 'ทดสอบ.ไทย', 'http://日本app.com'],
    ],
    ['App.net谢谢.com http://net谢谢.com/', ['App.net谢谢.com', 'http://net谢谢.com/']],
    ['例え.jpはApp.net', ['例え.jp', 'App.net']],
    ['https://zh.wikipedia.org/wiki/中文', ['https://zh.wikipedia.org/wiki/中文']],
    ['はApp.net-based 設定はREADME.mdを 邮箱john.co@b.com 谢谢ftp://x.com @谢谢', []],
  ])('scripts without spaces: %s', (text, expected) => {
    expect(links(text)).toEqual(expected)
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

test('places beside invisible marks and scripts without spaces', () => {
  expect(find('\u200f_App.net_ 𠮷は@boさん#a 𠮷App.netで')).toEqual({
    mentions: [{ name: 'bo', pos: 13, len: 3 }],
    hashtags: [{ name: 'a', pos: 18, len: 2 }],
    links: [
      { text: 'App.net', url: 'http://App.net', pos: 2, len: 7 },
      { text: 'App.net', url: 'http://App.net', pos: 22, len: 7 },
    ],
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
    'a. a- !xn--a. http:// http://x.com/( (a "a @a a@a. #1 \u0301 @\u0301 http: //a 😀. a://a.b/',
    '\u200e .\u200f \u2066https://x.com\u2069 _ _a __a. - _- a.net- a.net_ ~ ~a.net = a=a.',
    '谢 谢a 谢a. 谢a- 谢a.net a.net谢 谢@ 谢# #谢 谢http: http://a.net谢 𠮷a. \u0e44\u0e4c 谢_a. 谢a@a.',
    `谢${'a-'.repeat(31)}. ${'谢'.repeat(63)}a.`,
  ].flatMap((some) => some.split(' '))
  const labels = '!xn--aaa.xn--aaa.xn--aaa.xn--aaa.xn--aaa.xn--aaa.xn--aaa.xn--aaa.xn--aaa.xn--aaa.qqq_'
  const starts = ['', 'http://', 'http://x.com/', 'http://x.com/((((']
  const repeated = [...pieces, labels].flatMap((piece) => starts.map((start) => [start, piece] as const))
  for (const [start, piece] of [...repeated, ...pieces.map((a) => ['', `http://x.com/${a}`] as const)]) {
    const text = (start + piece.repeat(10_000)).slice(0, 10_000)
    find(text.slice(0, 256))
    // The time of the processor, because on a busy machine a process waits.
    const began = process.cpuUsage()
    find(text)
    // Measured: 1 to 15 ms, and less than 2 for 256 characters. Quadratic time would be seconds.
    expect(process.cpuUsage(began).user / 1000, JSON.stringify(start + piece)).toBeLessThan(300)
  }
}, 60_000)
