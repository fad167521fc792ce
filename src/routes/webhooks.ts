// The handlers of webhooks: register, show, change and delete. An app can see only its own.

import type { Answer } from '../http/answer.ts'
import { ApiError, notFound } from '../http/errors.ts'
import type { Parts } from '../parts.ts'
import { MAX_CURSOR } from '../relations/page.ts'
import type { Token } from '../tokens/token.ts'
import { checkedUrl, patchFields, postFields, shown } from '../webhooks/fields.ts'
import { MAX_WEBHOOKS, type Webhook } from '../webhooks/store.ts'
import type { Call } from './call.ts'

const appOf = (call: Call): string => (call.token as Token).app.client_id

function idOf({ params }: Call): bigint {
  const text = params.webhook_id ?? ''
  const id = /^[1-9]\d{0,18}$/.test(text) ? BigInt(text) : null
  if (id === null || id > MAX_CURSOR) throw unknown()
  return id
}

const unknown = () => notFound('There is no such webhook of this app.')

function known(hook: Webhook | null): Webhook {
  if (hook === null) throw unknown()
  return hook
}

/** `POST webhooks`: the only answer that contains the secret. */
export async function registerWebhook({ webhooks }: Parts, call: Call): Promise<Answer> {
  const { url, types = null } = postFields(call.body)
  const needsPrivate = await checkedUrl(url, webhooks.allowPrivate, webhooks.resolve)
  const hook = await webhooks.store.create({ clientId: appOf(call), url, types, private: needsPrivate })
  if (hook === null)
    throw new ApiError(
      'forbidden',
      `Forbidden: an app has at most ${MAX_WEBHOOKS} webhooks; delete one first.`,
    )
  return { data: shown(hook, hook.secret), secret: true, headers: { 'Cache-Control': 'no-store' } }
}

/** `GET webhooks`: the app's webhooks, oldest first. */
export async function listWebhooks({ webhooks }: Parts, call: Call): Promise<Answer> {
  return { data: (await webhooks.store.list(appOf(call))).map((hook) => shown(hook)) }
}

/** `GET webhooks/{id}`. */
export async function showWebhook({ webhooks }: Parts, call: Call): Promise<Answer> {
  const hook = known(await webhooks.store.find(idOf(call)))
  if (hook.clientId !== appOf(call)) throw unknown()
  return { data: shown(hook) }
}

/** `PATCH webhooks/{id}`. */
export async function changeWebhook({ webhooks }: Parts, call: Call): Promise<Answer> {
  const id = idOf(call)
  const fields = patchFields(call.body)
  const { url } = fields
  const change =
    url === undefined
      ? fields
      : { ...fields, private: await checkedUrl(url, webhooks.allowPrivate, webhooks.resolve) }
  return { data: shown(known(await webhooks.store.change(id, appOf(call), change))) }
}

/** `DELETE webhooks/{id}`: answers with the webhook as it was. */
export async function deleteWebhook({ webhooks }: Parts, call: Call): Promise<Answer> {
  return { data: shown(known(await webhooks.store.remove(idOf(call), appOf(call)))) }
}
