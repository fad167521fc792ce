// Makes the `description` of a User from its text: the entities and the HTML.
export { mentionCandidates } from './entities.ts'

import { type Link, type Named, places, type Span, spans } from './entities.ts'

type Mention = { name: string; id: string; pos: number; len: number }
export type Description = {
  text: string
  html: string
  entities: { mentions: Mention[]; hashtags: Named[]; links: Link[] }
}

const ESCAPED: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ESCAPED[character] as string)
}

function plain(text: string): string {
  return escapeHtml(text).replace(/\r\n|\n|\r/g, '<br>')
}

/**
 * The `description` of a User.
 * @param text the description as the user wrote it
 * @param ids the ids of the mentioned users that exist, by username in lower case. Other mentions stay plain text.
 * @returns positions and lengths in Unicode code points, names in lower case, lists in the order of the text
 */
export function describe(text: string, ids: ReadonlyMap<string, string>): Description {
  const known = spans(text).filter((span) => span.kind !== 'mention' || ids.has(span.name))
  const where = places(text, known)
  const entities: Description['entities'] = { mentions: [], hashtags: [], links: [] }
  let html = '<span itemscope="https://app.net/schemas/Post">'
  let done = 0
  known.forEach((span: Span, index) => {
    const place = where[index] as { pos: number; len: number }
    const written = text.slice(span.start, span.end)
    const inner = escapeHtml(written)
    html += plain(text.slice(done, span.start))
    if (span.kind === 'link') {
      entities.links.push({ text: written, url: span.url, ...place })
      html += `<a href="${escapeHtml(span.url)}">${inner}</a>`
    } else if (span.kind === 'mention') {
      const id = ids.get(span.name) as string
      entities.mentions.push({ name: span.name, id, ...place })
      html += `<span data-mention-id="${escapeHtml(id)}" data-mention-name="${span.name}" itemprop="mention">${inner}</span>`
    } else {
      entities.hashtags.push({ name: span.name, ...place })
      html += `<span data-hashtag-name="${span.name}" itemprop="hashtag">${inner}</span>`
    }
    done = span.end
  })
  return { text, html: `${html}${plain(text.slice(done))}</span>`, entities }
}
