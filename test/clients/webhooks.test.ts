// The receiver in Python that docs/events.md shows: another implementation of Standard Webhooks verifies what we signed.
import { it } from 'vitest'
import { tryReceiver } from '../support/documented-receiver.ts'
import { fetched } from './tools.ts'

it('the receiver in Python takes what is signed with its secret and nothing else', () =>
  tryReceiver('python', fetched('bin/python'), (code) => ['-c', code]))
