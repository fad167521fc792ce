// Renders the picture as SVG: a circle for each user, a curve for each follow, names of the most followed users, and a legend.
import { COLOURS } from './colours.ts'
import type { PictureFollow, PlacedUser } from './layout.ts'

const LABELS = 24
const HEAD = 64
const FOOT = 34
/** How far a curve leaves the straight line, as a share of its length. */
const BEND = 0.16

const number = new Intl.NumberFormat('en')
const plain = (value: number) => String(Math.round(value))
const fine = (value: number) => String(Math.round(value * 10) / 10)

// Text for XML 1.0: forbidden characters are replaced, special ones escaped.
const escaped = (text: string) =>
  text
    .replace(/[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu, '\uFFFD')
    .replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`)

/** The SVG document; `all` is the number of users in the graph. */
export function drawing(
  users: readonly PlacedUser[],
  follows: readonly PictureFollow[],
  all: number,
  side: number,
): string {
  const title = `Who follows whom: the ${number.format(users.length)} most followed of ${number.format(all)} users`
  const height = side + HEAD + FOOT
  const colour = (user: PlacedUser) => Math.min(user.community, COLOURS.length - 1)
  const ranks = [...COLOURS.keys()]
  const curves = ranks.flatMap((rank) => {
    const paths = follows
      .filter(([from]) => colour(users[from] as PlacedUser) === rank)
      .map(([from, to]) => curve(users[from] as PlacedUser, users[to] as PlacedUser))
    return paths.length === 0 ? [] : [`<g stroke="${COLOURS[rank]}">`, ...paths, '</g>']
  })
  // Large circles first, so that they do not hide small ones.
  const circles = [...users]
    .sort((a, b) => b.radius - a.radius)
    .map(
      (user) =>
        `<circle cx="${fine(user.x)}" cy="${fine(user.y)}" r="${fine(user.radius)}" fill="${COLOURS[colour(user)]}"><title>@${escaped(user.username)}: ${number.format(user.followers)} followers</title></circle>`,
    )
  const labels = users.slice(0, LABELS).map((user) => {
    const size = fine(9 + user.radius / 4)
    return `<text x="${fine(user.x)}" y="${fine(user.y + user.radius + 4 + Number(size) * 0.65)}" font-size="${size}">${escaped(user.username)}</text>`
  })
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${side} ${height}" width="${side}" height="${height}" role="img" font-family="system-ui, 'Segoe UI', Helvetica, Arial, sans-serif">`,
    `<title>${title}</title>`,
    `<rect width="${side}" height="${height}" fill="#fdfcf9"/>`,
    `<text x="28" y="34" font-size="19" font-weight="600" fill="#26262b">${title}</text>`,
    `<text x="28" y="55" font-size="12.5" fill="#6b6b73">${number.format(follows.length)} follows among them. A curve bends to the left of whoever goes from the follower to the followed.</text>`,
    `<g transform="translate(0 ${HEAD})">`,
    '<g fill="none" stroke-width="0.7" stroke-opacity="0.28">',
    ...curves,
    '</g>',
    '<g stroke="#fdfcf9" stroke-width="1.1">',
    ...circles,
    '</g>',
    '<g fill="#26262b" stroke="#fdfcf9" stroke-width="3" stroke-linejoin="round" paint-order="stroke" text-anchor="middle" font-weight="500">',
    ...labels,
    '</g>',
    '</g>',
    ...legend(users, side, height - 14),
    '</svg>',
    '',
  ].join('\n')
}

// From centre to centre; the circles are drawn over the ends.
function curve(from: PlacedUser, to: PlacedUser): string {
  const [dx, dy] = [to.x - from.x, to.y - from.y]
  const middle = [(from.x + to.x) / 2 + dy * BEND, (from.y + to.y) / 2 - dx * BEND] as const
  return `<path d="M${plain(from.x)} ${plain(from.y)}Q${plain(middle[0])} ${plain(middle[1])} ${plain(to.x)} ${plain(to.y)}"/>`
}

function legend(users: readonly PlacedUser[], side: number, y: number): string[] {
  const ranks = [...new Set(users.map(({ community }) => Math.min(community, COLOURS.length - 1)))].sort(
    (a, b) => a - b,
  )
  const swatches = ranks.map(
    (rank, index) =>
      `<rect x="${28 + index * 15}" y="${y - 10}" width="11" height="11" rx="3" fill="${COLOURS[rank]}"/>`,
  )
  const [most, least] = [users[0]?.followers ?? 0, users.at(-1)?.followers ?? 0]
  return [
    ...swatches,
    `<text x="${34 + ranks.length * 15}" y="${y}" font-size="12.5" fill="#6b6b73">communities, largest first (grey: smaller ones)</text>`,
    `<text x="${side - 28}" y="${y}" font-size="12.5" fill="#6b6b73" text-anchor="end">size: ${number.format(least)} to ${number.format(most)} followers</text>`,
  ]
}
