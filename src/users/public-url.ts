// Puts a placeholder into stored JSON where the service's public address goes; the address may change, so it is filled in with each answer.

/** The placeholder. JSON text never contains a raw control character, so nothing else can look like it. */
export const PUBLIC_URL_MARK = '\u0001'

/**
 * JSON.stringify escapes the placeholder; this makes it raw again. Only at the beginning of an address: a name or description may
 * begin with the same two characters. Inside a JSON string every quote is escaped, so no text can imitate these keys.
 */
export const placeMark = (json: string): string =>
  json.replace(/"(url|canonical_url)":"\\u0001\//g, `"$1":"${PUBLIC_URL_MARK}/`)

/** For JSON.parse, which refuses raw control characters: the placeholder escaped. */
export const escapeMark = (json: string): string => json.replaceAll(`"${PUBLIC_URL_MARK}/`, '"\\u0001/')
