// The commands `webhook create`, `webhook list` and `webhook test`.

import { randomUUID } from 'node:crypto'
import { monotonic, wallClock } from '../clock.ts'
import type { Config } from '../config.ts'
import { EVENT_TYPES, type EventType } from '../events/kinds.ts'
import { ApiError } from '../http/errors.ts'
import { MAX_CURSOR } from '../relations/page.ts'
import { checkedUrl, shown } from '../webhooks/fields.ts'
import { send } from '../webhooks/send.ts'
import { MAX_WEBHOOKS } from '../webhooks/store.ts'
import { UsageError } from './accounts.ts'
import { print, withParts } from './with-parts.ts'

export type WebhookCommand = { client: string; types?: string; data: string }

/** Registers a webhook of an app and prints it; its secret is not shown again. */
export async function createWebhook(config: Config, url: string, command: WebhookCommand): Promise<number> {
  const types = typesOf(command.types)
  return withParts(config, command.data, async ({ webhooks, tokens }) => {
    const client = await tokens.findClient(command.client)
    if (client === null) throw new Error(`There is no client ${command.client}: create it first.`)
    if (!client.scopes.includes('events'))
      throw new Error(`The client ${command.client} lacks the scope events: create one with --scope events.`)
    const needsPrivate = await withUsageErrors(() => checkedUrl(url, webhooks.allowPrivate, webhooks.resolve))
    const hook = await webhooks.store.create({
      clientId: command.client,
      url,
      types,
      private: needsPrivate,
    })
    if (hook === null)
      throw new Error(`The client ${command.client} has ${MAX_WEBHOOKS} webhooks already: delete one first.`)
    print({ ...shown(hook, hook.secret), client_id: hook.clientId })
    return 0
  })
}

/** Prints the webhooks of all apps as one list, without their secrets. */
export async function listWebhooks(config: Config, { data }: { data: string }): Promise<number> {
  return withParts(config, data, async ({ webhooks }) => {
    const hooks = await webhooks.store.list(null)
    print(hooks.map((hook) => ({ ...shown(hook), client_id: hook.clientId })))
    return 0
  })
}

/** Sends a `reset` that is marked as a test and is not in the log; prints the outcome. Resolves with 1 if it was not delivered. */
export async function testWebhook(config: Config, id: string, { data }: { data: string }): Promise<number> {
  if (!/^[1-9]\d{0,18}$/.test(id) || BigInt(id) > MAX_CURSOR)
    throw new UsageError(`The id of a webhook is a whole number from 1 to 2^63-1, not ${id}.`)
  return withParts(config, data, async ({ webhooks }) => {
    const hook = await webhooks.store.find(BigInt(id))
    if (hook === null) throw new Error(`There is no webhook ${id}: see webhook list.`)
    const meta = { id: '0', timestamp: wallClock(), type: 'reset', test: true }
    const event = { meta, data: { reason: 'test' } }
    const began = monotonic()
    const { kind, status, error } = await send(
      { url: hook.url, secret: hook.secret, allowPrivate: webhooks.allowPrivate && hook.private },
      { id: `msg_test_${randomUUID()}`, body: JSON.stringify({ events: [event] }) },
      { resolve: webhooks.resolve },
    )
    const ms = Math.round(monotonic() - began)
    print({ id, url: hook.url, delivered: kind === 'delivered', status, error, ms })
    return kind === 'delivered' ? 0 : 1
  })
}

function typesOf(text: string | undefined): EventType[] | null {
  if (text === undefined) return null
  const names = text.split(/[ ,]+/).filter((name) => name !== '')
  const unknown = names.find((name) => !EVENT_TYPES.some((type) => type === name))
  if (unknown !== undefined || names.length === 0)
    throw new UsageError(
      `--types must hold names of ${EVENT_TYPES.join(', ')}, comma separated${unknown === undefined ? '' : `; there is no type ${unknown}`}.`,
    )
  return EVENT_TYPES.filter((type) => names.includes(type))
}

// Turns a 400 of the API into an error about wrong usage.
async function withUsageErrors<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof ApiError)
      throw new UsageError(error.message.replace(/^Bad Request: the field url/, 'The URL'))
    throw error
  }
}
