// JSONP: checks the name of the callback and wraps an answer in a call of it.
import { badRequest } from './errors.ts'
import { single } from './params.ts'

const IDENTIFIER = /^[A-Za-z_$][\w$]*(\.[A-Za-z_$][\w$]*)*$/
const RESERVED = new Set(
  (
    'break case catch class const continue debugger default delete do else enum export extends false finally for function if ' +
    'import in instanceof new null return super switch this throw true try typeof var void while with yield let static await'
  ).split(' '),
)

/** The value of the parameter `callback`, undefined if it is absent; 400 if it is not a plain (dotted) identifier. */
export function callbackName(query: URLSearchParams): string | undefined {
  const name = single(query, 'callback')
  if (name === undefined) return undefined
  if (name.length > 100 || !IDENTIFIER.test(name) || name.split('.').some((part) => RESERVED.has(part))) {
    throw badRequest(
      'the parameter callback must be a plain JavaScript identifier, dots allowed, of at most 100 characters.',
    )
  }
  return name
}

/** `name({...})`. U+2028 and U+2029 are escaped: JSON allows them, older JavaScript does not. */
export function wrap(name: string, text: string): string {
  return `${name}(${text.trimEnd().replaceAll('\u2028', '\\u2028').replaceAll('\u2029', '\\u2029')})`
}
