// Reads a transfer file from standard input in small pieces.
import { Readable } from 'node:stream'
import { vi } from 'vitest'
import type { Bad, ReadListener } from '../../src/transfer/import/lines.ts'

type Read<R> = (path: string, on: ReadListener) => AsyncIterable<R[]>

export async function fromStdin<R>(read: Read<R>, content: string) {
  const bytes = Buffer.from(content)
  // Five bytes at a time, so that pieces end within characters, line breaks and quoted fields.
  const pieces = Array.from({ length: Math.ceil(bytes.length / 5) }, (_, n) =>
    bytes.subarray(5 * n, 5 * n + 5),
  )
  vi.spyOn(process, 'stdin', 'get').mockReturnValue(Readable.from(pieces) as never)
  const bad: Bad[] = []
  const records: R[] = []
  for await (const batch of read('-', { bad: (one) => bad.push(one) })) records.push(...batch)
  return { records, bad }
}
