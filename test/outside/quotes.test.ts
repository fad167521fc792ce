// What stands in quotes is never a record: whatever somebody wrote into a description makes no user and no follow.

import { readFileSync } from 'node:fs'
import { Readable } from 'node:stream'
import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest'
import { readUsers } from '../../src/transfer/import/users-file.ts'
import { readFollows } from '../support/follows-file.ts'
import { startTestService } from '../support/service.ts'
import { fileOf, freshIds, readAll, readText, removeFiles, runImport } from './reading.ts'

afterAll(removeFiles)

afterEach(() => vi.restoreAllMocks())
const service = await startTestService()

const ids = (records: { id: bigint }[]) => records.map(({ id }) => Number(id))
const pairs = (records: object[]) => records.map((record) => Object.values(record).slice(0, 2).join('→'))
const HEADER = 'id,name,description'

describe('where the quoting is well-formed, a refused record ends where it ends', () => {
  it('in a file of follows', async () => {
    const text = 'follower_id,followee_id,note\n4,4,"see\n5,6,hello\nend"\n7,8,x\n'
    const { records, bad } = await readText(readFollows, text)
    expect(pairs(records)).toEqual(['7→8'])
    expect(bad).toMatchObject(
      [
        {
          line: 2,
          raw: '4,4,"see\n5,6,hello\nend"',
          reason: /cannot follow itself.*\(the record ends in line 4\)$/,
        },
      ].map((one) => ({ ...one, reason: expect.stringMatching(one.reason) })),
    )
  })

  it.each<[why: string, record: string]>([
    ['an id that is none', '0,a,"x\n7,evil,mine\ny"'],
    ['a field too many', '4,a,"x\n7,evil,mine\ny",more'],
    ['a text too long', `4,a,"${'x'.repeat(300)}\n7,evil,mine\ny"`],
    ['U+0000', '4,a,"x\0\n7,evil,mine\ny"'],
    ['two thousand lines', `4,a,"${'7,evil,mine\n'.repeat(2_000)}"`],
    ['a quote in an unquoted field', '4,5" tall,"x\n7,evil,mine\ny"'],
    ['a carriage return in an unquoted field', '4,a\rb,"x\n7,evil,mine\ny"'],
    ['quotes with spaces around', '0, "a" , "x\n7,evil,mine\ny" '],
    ['doubled quotes at every edge', '0,"""a""","""\n7,evil,mine\n""\n7,evil,""mine"""'],
  ])('in a file of users, refused for %s', async (_, record) => {
    for (const lineEnd of ['\n', '\r\n', '\r']) {
      // A lone carriage return is a line end there.
      if (lineEnd === '\r' && record.includes('\r')) continue
      const text = [HEADER, record, '8,b,good', ''].join('\n').replaceAll('\n', lineEnd)
      const { records, lines } = await readText(readUsers, text)
      expect(ids(records)).toEqual([8])
      expect(lines).toEqual([2])
    }
  })

  it('where one of its lines is not UTF-8', async () => {
    const bytes = Buffer.from(`${HEADER}\n1,é,x\n4,a,"x\n7,evil,mine\n#\ny"\n8,b,good\n`)
    bytes[bytes.indexOf('#')] = 0xe9
    const { records, bad } = await readText(readUsers, bytes)
    expect(ids(records)).toEqual([1, 8])
    expect(bad).toHaveLength(1)
    expect(bad[0]).toMatchObject({
      line: 3,
      reason: expect.stringMatching(/^line 5 is not UTF-8.*ends in line 6/),
    })
    expect(Buffer.isBuffer(bad[0]?.raw) && bad[0].raw.includes(0xe9)).toBe(true)
  })

  it('where it is longer than anybody keeps, in one line or many, also gzipped', async () => {
    for (const middle of [
      '7,evil,mine\n'.repeat(800_000),
      `7,evil,mine\n${'x'.repeat(9_000_000)}""\n7,evil,mine\n`,
    ]) {
      const text = `${HEADER}\n3,a,"first\nlines"\n4,a,"x\n${middle}y"\n8,b,good\n`
      for (const content of [text, gzipSync(text, { level: 1 })]) {
        const { records, bad } = await readText(readUsers, content)
        expect(ids(records)).toEqual([3, 8])
        expect(bad).toHaveLength(1)
        expect(bad[0]).toMatchObject({
          line: 4,
          reason: expect.stringMatching(/^the record is longer than 8388608/),
        })
      }
    }
  })

  it('whatever the records hold, however lines end and fields are separated', async () => {
    const sign = fc.constantFrom('"', ',', ';', '\t', '\n', '\r', '\r\n', '7,evil,mine', 'é', ' ', 'x', '🌙')
    const text = fc.array(sign, { maxLength: 8 }).map((parts) => [...parts.join('')].slice(0, 50).join(''))
    const row = fc.record({ name: text, description: text, good: fc.boolean() })
    const style = fc.record({
      end: fc.constantFrom('\n', '\r\n', '\r'),
      delimiter: fc.constantFrom(',', ';', '\t'),
    })
    await fc.assert(
      fc.asyncProperty(fc.array(row, { maxLength: 12 }), style, async (rows, { end, delimiter }) => {
        const quoted = (field: string) => `"${field.replaceAll('"', '""')}"`
        const head = ['id', 'name', 'description'].join(delimiter)
        let line = 2
        const starts: number[] = []
        const written = rows.map(({ name, description, good }, n) => {
          const made = [good ? `${n + 10}` : 'none', quoted(name), quoted(description)].join(delimiter)
          if (!good) starts.push(line)
          line += 1 + (made.match(end === '\r' ? /\r\n|\r|\n/g : /\n/g) ?? []).length
          return made
        })
        const { records, lines } = await readText(readUsers, [head, ...written, ''].join(end))
        expect(records).toEqual(
          rows.flatMap(({ name, description, good }, n) =>
            good ? [{ id: BigInt(n + 10), ...(name && { name }), ...(description && { description }) }] : [],
          ),
        )
        expect(lines).toEqual(starts)
      }),
      { numRuns: 300 },
    )
  })
})

describe('where the quoting itself is broken, reading goes on line by line', () => {
  it('and says which line was left out', async () => {
    const { records, bad } = await readText(readUsers, `${HEADER}\n4,a,"x\ny,z,\n"q" r\n8,b,good\n`)
    expect(ids(records)).toEqual([8])
    expect(bad.map(({ line, reason }) => [line, reason.replace(/^.*?; /, '')])).toEqual([
      [2, 'line 2 alone is left out, and reading goes on with line 3'],
      [3, expect.stringContaining('id is "y"')],
      [4, expect.stringContaining('there is text after a closing quote')],
    ])
  })

  it('and only whole rows count among lines that may be parts of a text', async () => {
    const { records, lines } = await readText(readUsers, `${HEADER}\n4,a,"x\n7,evil\n9,c,whole\n"q" r\n8\n`)
    expect(ids(records)).toEqual([9, 8])
    expect(lines).toEqual([2, 3, 5])
  })

  it('where nothing closes it to the end of a file longer than memory', async () => {
    const rows = Array.from({ length: 900_000 }, (_, n) => `${n + 10},n,text`)
    const text = `${HEADER}\n1,a,good\n2,b,"open\n${rows.join('\n')}\n`
    const path = fileOf(text)
    const { records, bad } = await readAll(readUsers, path)
    expect(records.length).toBe(900_001)
    expect(new Set(ids(records)).size).toBe(900_001)
    const reason = expect.stringContaining('line 3 alone is left out')
    expect(bad).toMatchObject([{ line: 3, reason, raw: '2,b,"open' }])

    // A pipe cannot be read again: then it is said that the rest was not read.
    vi.spyOn(process, 'stdin', 'get').mockReturnValue(Readable.from([Buffer.from(text)]) as never)
    const seen: bigint[] = []
    const reading = (async () => {
      for await (const batch of readUsers('-', { bad: () => expect.unreachable() }))
        seen.push(...batch.map(({ id }) => id))
    })()
    await expect(reading).rejects.toThrow(
      /^stdin:3: a quoted field is never closed.*after line 3 was not read/,
    )
    expect(seen).toEqual([1n])
  }, 60_000)

  it('but a header with a broken quote stops the import', async () => {
    for (const head of ['id,"name,description', 'id,"na"me,description', 'id,na"me,description'])
      await expect(readText(readUsers, `${head}\n7,evil,mine\n`)).rejects.toThrow(
        /first line with a broken quote/,
      )
  })
})

describe('the whole command', () => {
  const id = freshIds()

  it('makes nobody and no follow of what somebody wrote', async () => {
    const [ada, bo] = await service.users(2)
    const victim = await service.createUser({ name: 'Victim' })
    const users = fileOf(
      `id,username,name,description\n${id(1)},${ada?.username},Thief,"x\n${victim.id},evil,Owned,by me\n${id(2)},made,Made,too\n"\n${id(3)},,Good,"fine\ntwo"\n`,
    )
    const reject = fileOf('')
    const taken = await runImport({ users, reject })
    expect(taken.counts).toMatchObject({ users: 1, made_users: 1, bad: 1 })
    expect(taken.told).toMatch(/:2: the username \S+ belongs to user/)
    expect(readFileSync(reject, 'utf8')).toBe(
      `${readFileSync(users, 'utf8').split('\n').slice(0, 5).join('\n')}\n`,
    )
    const shown = async (one: bigint | string) =>
      (await service.call('GET', `/users/${one}`, { token: bo?.token as string })).body?.data
    expect((await shown(victim.id)).name).toBe('Victim')
    expect(await shown(id(2))).toBeUndefined()
    expect((await shown(id(3))).description.text).toBe('fine\ntwo')

    const note = `"note\n${ada?.id},${bo?.id},x\n"`
    const follows = fileOf(
      `follower_id,followee_id,note\n${id(9)},${ada?.id},${note}\n${bo?.id},${bo?.id},${note}\n${bo?.id},${ada?.id},${note}\n`,
    )
    const followed = await runImport({ follows, knownUsers: true })
    expect(followed.counts).toMatchObject({ follows: 1, made_follows: 1, bad: 2 })
    expect((await shown(ada?.id as string)).counts).toMatchObject({ followers: 1, following: 0 })

    const strict = await runImport({ follows, knownUsers: true, strict: true })
    expect([strict.status, strict.counts.made_follows]).toEqual([1, 0])
  })
})
