// Judges from the first bytes of a file whether it is text that an import can read, and how its lines end.
import { isUtf8 } from 'node:buffer'

/** `lf`: lines end with `\n` or `\r\n`. `cr`: the first one ends with `\r` alone; then `\r`, `\n` and `\r\n` all end lines. */
export type LineEnds = 'lf' | 'cr'

const [LF, CR] = [10, 13]
const UNPACK = 'unpack it first (gzip alone is read as it is).'
// Of bzip2 the digit and the mark of the first block (or of the end) belong to it: a line of text may begin with `BZh`.
const BZIP2 = '425a683[1-9](314159265359|177245385090)'
// Regular expressions for the first bytes in hexadecimal.
const SIGNATURES: [signature: string, sentence: string][] = [
  ['504b0304', 'is a zip file or a spreadsheet: unpack it, or save its sheet as CSV in UTF-8.'],
  ['d0cf11e0a1b11ae1', 'is a spreadsheet: save its sheet as CSV in UTF-8.'],
  ['1f8b', 'is compressed twice: unpack it once.'],
  [BZIP2, `is compressed with bzip2: ${UNPACK}`],
  ['fd377a585a00', `is compressed with xz: ${UNPACK}`],
  ['28b52ffd', `is compressed with zstd: ${UNPACK}`],
  ['377abcaf271c', `is a 7z archive: ${UNPACK}`],
  ['52617221', `is a rar archive: ${UNPACK}`],
  ['fffe', 'is UTF-16: save it as UTF-8.'],
  ['feff', 'is UTF-16: save it as UTF-8.'],
]

/** Whether `head` is long enough to be judged: it has the end of the first line and, after `\r`, the next byte. */
export function hasLine(head: Buffer): boolean {
  const cr = head.indexOf(CR)
  return head.includes(LF) || (cr !== -1 && cr < head.length - 1)
}

/** How the lines of a file end, by its first bytes (`whole`: all its bytes). Throws an Error of one sentence if it is not UTF-8 text. */
export function judgeHead(name: string, head: Buffer, whole: boolean): LineEnds {
  const digits = head.subarray(0, 16).toString('hex')
  const found =
    SIGNATURES.find(([signature]) => new RegExp(`^${signature}`).test(digits))?.[1] ?? withoutSignature(head)
  if (found !== undefined) throw new Error(`${name} ${found}`)
  const lineEnds = lineEndsOf(head)
  const end = whole ? head.length : Math.max(head.lastIndexOf(LF), head.lastIndexOf(CR)) + 1
  const lines = head
    .subarray(0, end)
    .toString('latin1')
    .split(lineEnds === 'lf' ? '\n' : /\r\n|\r|\n/)
  const notUtf8 = lines.flatMap((line, at) => (isUtf8(Buffer.from(line, 'latin1')) ? [] : [at]))
  const eightBit = notUtf8.filter((at) => looksEightBit(lines[at] as string))
  const filled = lines.filter((line) => line.trim() !== '').length - 1
  // A single 8-bit line is a bad line; several mean that the file has another encoding.
  const most = eightBit.length > 1 || eightBit[0] === 0 || 2 * eightBit.length >= Math.max(filled, 1)
  if (eightBit.length > 0 && most && !lines.some(hasUtf8))
    throw new Error(
      `${name} is not UTF-8 (line ${(eightBit[0] as number) + 1}), it looks like Latin-1 or another 8-bit encoding: save it as UTF-8.`,
    )
  const first = lines.find((line) => line.trim() !== '') ?? ''
  // In JSON lines the reader reports the bad line itself.
  if (!first.trimStart().startsWith('{') && (notUtf8[0] === lines.indexOf(first) || hasControls(first)))
    throw new Error(`${name} is not text: import takes CSV or JSON lines in UTF-8, gzip or not.`)
  return lineEnds
}

// UTF-16 without a byte order mark, and tar, whose signature is not at the beginning.
function withoutSignature(head: Buffer): string | undefined {
  const zeros = (at: number) => head.length > 8 && head[at] === 0 && head[at + 2] === 0 && head[at + 4] === 0
  if ((zeros(1) && head[0] !== 0) || (zeros(0) && head[1] !== 0)) return 'is UTF-16: save it as UTF-8.'
  // Text may have these letters there ("Mustard"), but not what follows them in an archive, and no zeros.
  const isTar = ['ustar\0', 'ustar '].includes(head.toString('latin1', 257, 263)) && head.includes(0)
  return isTar ? `is a tar archive: ${UNPACK}` : undefined
}

// The first line end outside quotes decides. A line of JSON contains none, and quotes that are never closed are ignored.
function lineEndsOf(head: Buffer): LineEnds {
  const text = head.toString('latin1')
  const bare = text.trimStart().startsWith('{') ? text : text.replace(/"[^"]*"/g, '')
  return /\r(?!\n)|\n/.exec(bare)?.[0] === '\r' && bare.indexOf('\r') !== bare.length - 1 ? 'cr' : 'lf'
}

// A well-formed character of UTF-8 outside ASCII, its bytes read as Latin-1.
const hasUtf8 = (line: string): boolean =>
  /[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}/.test(line)

// An accented letter beside an ASCII letter, or a word in another alphabet, in an 8-bit encoding.
const looksEightBit = (line: string): boolean =>
  /[A-Za-z][\xdf-\xf6\xf8-\xfd]|[\xdf-\xf6\xf8-\xfd][A-Za-z]|[\xc0-\xd6\xd8-\xde][a-z]|[\x80-\xfe]{4}/.test(
    line,
  )

// biome-ignore lint/suspicious/noControlCharactersInRegex: it searches for control characters
const hasControls = (line: string): boolean => /[\x00-\x08\x0e-\x1f\x7f]/.test(line)
