// The types that a field of a profile can have: how a value of each type is sent, stored, read back and shown.
import { isoSeconds, utcSeconds } from './dates.ts'
import { describe } from './text.ts'
import { isTimezone } from './timezone.ts'

export type Image = { url: string; width: number; height: number }

export const USER_TYPES = ['human', 'feed', 'bot'] as const

/** What a profile holds for a field of each type. */
export type Values = {
  text: string
  url: string
  integer: number
  boolean: boolean
  flag: boolean
  timezone: string
  image: Image
  username: string
  'user-type': (typeof USER_TYPES)[number]
  description: string
  'created-at': string
  annotations: unknown[]
  'user-id': bigint
}
export type FieldType = keyof Values

/** The type of a property for Neo4j's bulk loader; '' is a string. */
export type BulkType = '' | ':long' | ':boolean' | ':datetime' | ':string[]'
type Node = Record<string, unknown>

export type FieldRules<Value> = {
  /** The JSON schema of a value in a request body. */
  schema: object
  /** Why a value that fits the schema is refused: the end of a sentence that begins with the name of the field. */
  refusal?(sent: unknown): string | undefined
  /** What the profile holds of the value in a body; the value itself if this is absent. */
  received?(sent: unknown): Value
  /** The reverse: what a body holds for the value in a profile. */
  sent?(value: Value): unknown
  /** The properties of the node that hold the field. */
  properties: Record<string, BulkType>
  /** Sets these properties; null removes one. */
  store(node: Node, value: Value | undefined): void
  /** Reads them back. Somebody may have written the node by hand: a value that makes no sense counts as absent. */
  read(node: Node): Value | undefined
  /** The value in the rendered User object. A type without it is not rendered. */
  show?(value: Value, ids: ReadonlyMap<string, string>): unknown
}

/** The pattern of the id of a user as a text. */
export const USER_ID = '^[1-9]\\d{0,18}$'

const WEB_ADDRESS = 'https?://[^\\s"<>]+'

/** The characters of an address, and the width and height of an image. */
export const MAX_ADDRESS = 2000
export const MAX_PIXELS = 10_000
const MAX_ANNOTATIONS = 65_536

// The pattern of the schema takes addresses that no browser and no import does: a port over 65535, brackets that are not closed.
const addressRefusal = (address: string): string | undefined =>
  URL.canParse(address)
    ? undefined
    : 'has an address that is not valid: correct its host or port; an example is https://example.org/a.png.'

/** The properties, and the columns of a file, that hold an image. */
export const imageProperties = (name: string) => [`${name}_url`, `${name}_width`, `${name}_height`] as const

// 0 where the node has no size, or one that is none.
const pixels = (value: unknown): number =>
  typeof value === 'bigint' && value > 0n && Number.isSafeInteger(Number(value)) ? Number(value) : 0

const text = (name: string): FieldRules<string> => ({
  schema: { type: 'string' },
  properties: { [name]: '' },
  store(node, value) {
    node[name] = value ?? null
  },
  read(node) {
    const value = node[name]
    return typeof value === 'string' ? value : undefined
  },
  show: (value) => value,
})

/** The rules of a field, by its type. */
export const TYPES: { [Type in FieldType]: (name: string) => FieldRules<Values[Type]> } = {
  text,

  url(name) {
    const { read, ...rules } = text(name)
    return {
      ...rules,
      // An empty text removes the address.
      schema: { type: 'string', maxLength: MAX_ADDRESS, pattern: `^(${WEB_ADDRESS})?$` },
      refusal: (sent) => (sent === '' ? undefined : addressRefusal(sent as string)),
      store(node, value) {
        node[name] = value || null
      },
      read(node) {
        const value = read(node)
        return value !== undefined && /^https?:\/\//i.test(value) && URL.canParse(value) ? value : undefined
      },
    }
  },

  integer: (name) => ({
    schema: { type: 'integer', minimum: Number.MIN_SAFE_INTEGER, maximum: Number.MAX_SAFE_INTEGER },
    properties: { [name]: ':long' },
    store(node, value) {
      node[name] = value === undefined ? null : BigInt(value)
    },
    read(node) {
      const value = node[name]
      return typeof value === 'bigint' && Number.isSafeInteger(Number(value)) ? Number(value) : undefined
    },
    show: (value) => value,
  }),

  boolean: (name) => ({
    schema: { type: 'boolean' },
    properties: { [name]: ':boolean' },
    store(node, value) {
      node[name] = value ?? null
    },
    read(node) {
      const value = node[name]
      return typeof value === 'boolean' ? value : undefined
    },
    show: (value) => value,
  }),

  // The id of another user: an integer in the graph, a text in the User object.
  'user-id': (name) => ({
    schema: { type: 'string', pattern: USER_ID },
    received: (sent) => BigInt(sent as string),
    sent: String,
    properties: { [name]: ':long' },
    store(node, value) {
      node[name] = value ?? null
    },
    read(node) {
      const value = node[name]
      return typeof value === 'bigint' && value > 0n ? value : undefined
    },
    show: (value) => String(value),
  }),

  // A boolean that is stored and shown only where it is true; PUT users/me without it resets it (fields.ts).
  flag: (name) => ({
    schema: { type: 'boolean' },
    properties: { [name]: ':boolean' },
    store(node, value) {
      node[name] = value === true ? true : null
    },
    read: (node) => (node[name] === true ? true : undefined),
    show: (value) => (value ? true : undefined),
  }),

  timezone: (name) => ({
    ...text(name),
    schema: { type: 'string', minLength: 1, maxLength: 64 },
    refusal: (sent) =>
      isTimezone(sent as string)
        ? undefined
        : 'must be a name of the time zone database, such as Europe/Berlin.',
  }),

  image(name) {
    const [url, width, height] = imageProperties(name)
    return {
      schema: {
        type: 'object',
        required: ['url', 'width', 'height'],
        properties: {
          url: { type: 'string', maxLength: MAX_ADDRESS, pattern: `^${WEB_ADDRESS}$` },
          width: { type: 'integer', minimum: 1, maximum: MAX_PIXELS },
          height: { type: 'integer', minimum: 1, maximum: MAX_PIXELS },
        },
      },
      refusal: (sent) => addressRefusal((sent as Image).url),
      properties: { [url]: '', [width]: ':long', [height]: ':long' },
      store(node, image) {
        node[url] = image?.url ?? null
        node[width] = image === undefined ? null : BigInt(image.width)
        node[height] = image === undefined ? null : BigInt(image.height)
      },
      read(node) {
        const address = node[url]
        if (typeof address !== 'string') return undefined
        return { url: address, width: pixels(node[width]), height: pixels(node[height]) }
      },
      show: ({ url, width, height }) => ({ url, width, height, is_default: false }),
    }
  },

  username: (name) => ({ ...text(name), schema: { type: 'string', pattern: '^[A-Za-z0-9_]{1,20}$' } }),

  'user-type': (name) => ({
    schema: { type: 'string', enum: USER_TYPES },
    properties: { [name]: '' },
    store(node, value) {
      node[name] = value ?? null
    },
    read: (node) => USER_TYPES.find((type) => type === node[name]),
    show: (value) => value,
  }),

  description: (name) => ({
    ...text(name),
    schema: { type: 'object', required: ['text'], properties: { text: { type: 'string', maxLength: 256 } } },
    received: (sent) => (sent as { text: string }).text,
    sent: (text) => ({ text }),
    store(node, value) {
      node[name] = value || null
    },
    show: describe,
  }),

  'created-at': (name) => ({
    schema: { type: 'string', pattern: '^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\dZ$' },
    refusal: (sent) =>
      utcSeconds(sent as string) === undefined
        ? 'is a day or a time that does not exist; send one that does, such as 2012-12-31T13:22:55Z.'
        : undefined,
    properties: { [name]: ':datetime' },
    // Whoever writes the node sets it, because a datetime is a type of the driver.
    store: () => undefined,
    read: (node) => isoSeconds(node[name]),
    show: (value) => value,
  }),

  annotations: (name) => ({
    schema: { type: 'array', maxItems: 100, items: { type: 'object', additionalProperties: true } },
    // They are in every event and every row that shows the user, up to two hundred times in an answer.
    refusal: (sent) =>
      JSON.stringify(sent).length > MAX_ANNOTATIONS
        ? `are longer than ${MAX_ANNOTATIONS} characters as JSON; shorten them.`
        : undefined,
    properties: { [name]: '' },
    store(node, value) {
      node[name] = value === undefined ? null : JSON.stringify(value)
    },
    read(node) {
      const json = node[name]
      if (typeof json !== 'string') return undefined
      try {
        const value: unknown = JSON.parse(json)
        return Array.isArray(value) ? value : undefined
      } catch {
        return undefined
      }
    },
  }),
}
