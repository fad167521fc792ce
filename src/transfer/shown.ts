// Formats values of a file for messages: short, on one line, and without control characters for the terminal.

// Control and format characters (direction marks among them), line separators, lone surrogates.
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu
const MAX_SHOWN = 60

/** `text` with each invisible character written as an escape such as `\u001b`; `lines` keeps line feeds. */
export function printable(text: string, lines = false): string {
  return text.replace(INVISIBLE, (sign) => {
    if (lines && sign === '\n') return sign
    const code = sign.codePointAt(0) as number
    return code > 0xffff ? `\\u{${code.toString(16)}}` : `\\u${code.toString(16).padStart(4, '0')}`
  })
}

/** A value as printable, shortened JSON. */
export function shown(value: unknown): string {
  return shortened(jsonOf(value))
}

/** A text made printable and shortened. */
export function shortened(text: string, most = MAX_SHOWN): string {
  const characters = [...text.slice(0, 2 * most + 1)]
  const isLong = characters.length > most
  return `${printable(isLong ? characters.slice(0, most).join('') : text)}${isLong ? '…' : ''}`
}

function jsonOf(value: unknown): string {
  try {
    return JSON.stringify(value) ?? 'nothing'
  } catch {
    // JSON.stringify is recursive: thousands of levels overflow the stack.
    return Array.isArray(value) ? 'a list of many levels' : 'an object of many levels'
  }
}
