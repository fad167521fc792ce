// A receiver of webhooks on loopback: it records deliveries, checks signatures, and answers as the test wants.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import { Webhook } from 'standardwebhooks'

// biome-ignore lint/suspicious/noExplicitAny: a test looks into events of every type
export type SentEvent = { meta: any; data: any }
export type Delivery = { id: string; headers: IncomingMessage['headers']; text: string; events: SentEvent[] }

export type Receiver = {
  url: string
  /** Set it once the webhook is registered; with it every signature is checked. */
  secret: string
  /** All deliveries, refused ones too. */
  deliveries: Delivery[]
  /** The number of wrong signatures. */
  forged: number
  connections: number
  /** Answers a delivery; with 200 by default. A replacement must end the response itself. */
  answer(delivery: Delivery, response: ServerResponse): void
  /** The events of deliveries that were answered 200. */
  accepted: SentEvent[]
  until(holds: () => boolean, ms?: number): Promise<void>
  stop(): Promise<void>
}

const accept: Receiver['answer'] = (_, response) => void response.end('ok')

export async function startReceiver(): Promise<Receiver> {
  const server = createServer(async (request, response) => {
    request.setEncoding('utf8')
    let text = ''
    for await (const piece of request) text += piece
    const delivery: Delivery = {
      id: String(request.headers['webhook-id']),
      headers: request.headers,
      text,
      events: JSON.parse(text).events,
    }
    try {
      if (receiver.secret !== '')
        new Webhook(receiver.secret).verify(text, request.headers as Record<string, string>)
    } catch {
      receiver.forged += 1
    }
    receiver.deliveries.push(delivery)
    response.once('finish', () => {
      if (response.statusCode === 200) receiver.accepted.push(...delivery.events)
    })
    receiver.answer(delivery, response)
  })
  server.on('connection', () => {
    receiver.connections += 1
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const receiver: Receiver = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`,
    secret: '',
    deliveries: [],
    forged: 0,
    connections: 0,
    answer: accept,
    accepted: [],
    async until(holds, ms = 15_000) {
      const end = performance.now() + ms
      while (!holds()) {
        if (performance.now() > end)
          throw new Error(`not within ${ms} ms; ${receiver.deliveries.length} deliveries so far`)
        await wait(20)
      }
    },
    stop() {
      server.closeAllConnections()
      return new Promise((done) => server.close(() => done()))
    },
  }
  return receiver
}
