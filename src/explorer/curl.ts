// A call of the API as a line to paste into a shell.

/** The call as a line for a shell; the token is the shell's variable TOKEN. */
export function curlOf(url: string, init: RequestInit): string {
  const headers = new Headers(init.headers)
  const parts = ['curl -s']
  if (headers.get('Accept') === 'text/event-stream') parts.push("-N -H 'Accept: text/event-stream'")
  if (init.method !== undefined && init.method !== 'GET') parts.push(`-X ${init.method}`)
  if (headers.has('Authorization')) parts.push('-H "Authorization: Bearer $TOKEN"')
  if (typeof init.body === 'string') parts.push(`-H 'Content-Type: application/json' -d ${quoted(init.body)}`)
  parts.push(quoted(url))
  return parts.join(' ')
}

const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`
