// Reads Server-Sent Events from the body of an answer.

/** One block of a stream; `data` is empty in a heartbeat, which has an id as well. */
export type Message = { id: string | undefined; data: string }

/** The blocks of a stream, until it ends; `received` is called for every piece that arrives. */
export async function* messagesOf(
  body: ReadableStream<Uint8Array>,
  received: () => void,
): AsyncGenerator<Message> {
  const reader = body.getReader()
  const decoder = new TextDecoder()
  let unread = ''
  let message: Message = { id: undefined, data: '' }
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return
      received()
      const lines = (unread + decoder.decode(value, { stream: true })).split('\n')
      unread = lines.pop() as string
      for (const line of lines) {
        // `s`, because text may hold U+2028, which ends a line for a regular expression only.
        const [, field, text = ''] = /^(\w+): ?(.*?)\r?$/s.exec(line) ?? []
        if (field === 'id') message.id = text
        else if (field === 'data') message.data += text
        else if (field === undefined && line.trim() === '') {
          yield message
          message = { id: undefined, data: '' }
        }
      }
    }
  } finally {
    await reader.cancel().catch(() => undefined)
  }
}
