// Knows how docs/api.md is made from the route table; test/unit/api-doc.test.ts fails where the page differs.
import type { Route } from '../../src/routes/route.ts'
import { ROUTES } from '../../src/routes/table.ts'

const ANSWERS: Record<Route['answers'], string> = {
  User: 'a User',
  Users: 'Users',
  Page: 'Users, paginated',
  Ids: 'ids, as a stream or paginated',
  Token: 'the Token object',
  AccessToken: 'an access token (bare)',
  UserAccessToken: 'a user token (bare)',
  Revoked: 'how many were alive',
  Relationships: 'relationships',
  Outcomes: 'an outcome an entry',
  Moved: 'how many were moved, and who was not',
  Suggestions: 'Users with `known_followers`',
  Events: 'events, the oldest first',
  EventStream: 'events, as a stream',
  Stream: 'a stream of the app',
  Streams: 'streams of the app',
  NewWebhook: 'a Webhook with its `secret`',
  Webhook: 'a Webhook',
  Webhooks: 'Webhooks',
}

const token = ({ token, scope }: Route['access']): string =>
  token === 'none' ? 'none' : scope === undefined ? token : `${token}, \`${scope}\``

/** The table of all routes, as it stands in docs/api.md between the two marks. */
export function routeTable(): string {
  const rows = ROUTES.map(
    (route) =>
      `| ${route.methods.map((method) => `\`${method}\``).join(' ')} | \`${route.path.replace(/:(\w+)/g, '{$1}')}\` | ${token(route.access)} | ${ANSWERS[route.answers]} | ${route.about} |`,
  )
  return ['| method | path | token | answers | |', '| --- | --- | --- | --- | --- |', ...rows].join('\n')
}
