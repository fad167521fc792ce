// Stores webhooks in the graph, with all the state that another instance needs to continue their deliveries.
import { randomBytes } from 'node:crypto'
import type { EventType } from '../events/kinds.ts'
import type { Graph, Row } from '../graph/graph.ts'
import type { Queries } from '../graph/queries.ts'

/** A webhook. Times are milliseconds of the database's clock. */
export type Webhook = {
  id: bigint
  clientId: string
  url: string
  /** Null means all types. */
  types: EventType[] | null
  secret: string
  /** Only instances that allow private addresses and http deliver to it. */
  private: boolean
  enabled: boolean
  /** Every event up to this id was delivered, or has a type that is not wanted. */
  lastId: bigint
  lastStatus: number | null
  lastError: string | null
  /** Failures since the last success. */
  tries: number
  retryAt: bigint
  failingSince: bigint | null
  /** The last event of the message that is being retried. */
  batchTo: bigint | null
  /** Incremented with every change of the webhook. */
  revision: bigint
}

/** The fields of a new webhook. */
export type Registration = Pick<Webhook, 'clientId' | 'url' | 'types' | 'private'>

/** A change by the app; absent fields stay. */
export type WebhookChange = Partial<Pick<Webhook, 'url' | 'types' | 'private' | 'enabled'>>

export type Webhooks = {
  /** Null if the app has MAX_WEBHOOKS already. */
  create(registration: Registration): Promise<Webhook | null>
  /** The webhooks of one app, or of all apps if `clientId` is null. */
  list(clientId: string | null): Promise<Webhook[]>
  find(id: bigint): Promise<Webhook | null>
  /** Null if the app has no such webhook. */
  change(id: bigint, clientId: string, change: WebhookChange): Promise<Webhook | null>
  remove(id: bigint, clientId: string): Promise<Webhook | null>
  /** Calls the listener after each change by this instance, so that deliveries use it at once. */
  onChange(listener: () => void): void
}

/** The limit of webhooks for one app. */
export const MAX_WEBHOOKS = 50

const SECRET_BYTES = 32
const LEFT_OUT =
  'Some events were no longer kept when it was enabled again and are left out: read the lists again.'

/** A webhook from its node's properties. */
export function webhookOf(properties: unknown): Webhook {
  const node = properties as Record<string, unknown>
  return {
    id: node.id as bigint,
    clientId: node.client_id as string,
    url: node.url as string,
    types: (node.types as EventType[] | undefined) ?? null,
    secret: node.secret as string,
    private: node.private === true,
    enabled: node.enabled === true,
    lastId: node.last_id as bigint,
    lastStatus: node.last_status === undefined ? null : Number(node.last_status),
    lastError: (node.last_error as string | undefined) ?? null,
    tries: Number(node.tries),
    retryAt: node.retry_at as bigint,
    failingSince: (node.failing_since as bigint | undefined) ?? null,
    batchTo: (node.batch_to as bigint | undefined) ?? null,
    revision: node.revision as bigint,
  }
}

export function createWebhooks(graph: Graph, queries: Queries): Webhooks {
  let changed = () => {}
  const text = (name: string) => queries.get(`webhooks/${name}`).statement
  const read = (name: string, params: Record<string, unknown>) =>
    graph.read(`webhooks/${name}`, text(name), params)
  const one = ([row]: Row[]) => (row === undefined ? null : webhookOf(row[0]))
  async function write(name: string, params: Record<string, unknown>, once = false): Promise<Webhook | null> {
    const hook = one(await graph.write(`webhooks/${name}`, text(name), params, graph.timeoutMs, once))
    if (hook !== null) changed()
    return hook
  }

  return {
    create({ clientId, url, types, private: needsPrivate }) {
      const secret = `whsec_${randomBytes(SECRET_BYTES).toString('base64')}`
      const most = BigInt(MAX_WEBHOOKS)
      return write('create', { client_id: clientId, url, types, private: needsPrivate, secret, most })
    },
    async list(clientId) {
      return (await read('list', { client_id: clientId })).map(([hook]) => webhookOf(hook))
    },
    find: async (id) => one(await read('find', { id })),
    change(id, clientId, change) {
      const enable = change.enabled === true
      // A new URL, or the app enabling it, makes retries begin anew.
      const restart = enable || change.url !== undefined
      const changes = {
        ...change,
        ...(restart
          ? { tries: 0n, retry_at: 0n, failing_since: null, batch_to: null, last_error: null }
          : {}),
      }
      return write('change', { id, client_id: clientId, changes, enable, left_out: LEFT_OUT })
    },
    // Once: a repeat would not find the webhook.
    remove: (id, clientId) => write('remove', { id, client_id: clientId }, true),
    onChange(listener) {
      changed = listener
    },
  }
}
