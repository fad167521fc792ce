// Reads numbers of `/metrics`, for tests that wait until they are reached.

/** How many reads of each kind a service has answered from its memory, and how many not. */
export async function memoryReads(url: string): Promise<Map<string, { hit: number; miss: number }>> {
  const text = await (await fetch(`${new URL(url).origin}/metrics`)).text()
  const counts = new Map<string, { hit: number; miss: number }>()
  const lines = /^followgraph_memory_reads_total\{kind="(\w+)",outcome="(hit|miss)"\} (\d+)/gm
  for (const [, kind = '', outcome, count] of text.matchAll(lines))
    counts.set(kind, { hit: 0, miss: 0, ...counts.get(kind), [outcome as string]: Number(count) })
  return counts
}

/** A metric, over all its labels; NaN where there is none. */
export async function metric(url: string, name: string): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text()
  const values = [...text.matchAll(new RegExp(`^${name}(?:\\{[^}]*\\})? (\\S+)`, 'gm'))]
  return values.length === 0 ? Number.NaN : values.reduce((sum, [, value]) => sum + Number(value), 0)
}
