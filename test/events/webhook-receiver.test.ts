// The receiver in Node that docs/events.md shows.
import { it } from 'vitest'
import { tryReceiver } from '../support/documented-receiver.ts'

it('the receiver in Node takes what is signed with its secret and nothing else', { timeout: 60_000 }, () =>
  tryReceiver('node', process.execPath, (code) => ['--input-type=module', '-e', code]),
)
