// The table of the fields of a profile. The bodies of the API, the User object, the node, files, the test kit and OpenAPI derive from it.
import { type BulkType, type FieldRules, type FieldType, TYPES, type Values } from './field-types.ts'
import { PUBLIC_URL_MARK } from './public-url.ts'

type Entry = {
  type: FieldType
  /** Keywords of JSON Schema for a value in a body or a file, beside the type. */
  limits?: { minLength?: number; maxLength?: number; pattern?: string; minimum?: number; maximum?: number }
  /** A value that fits a `pattern`, for messages about one that does not. */
  example?: string
  /**
   * How users write the field themselves: by `PATCH users/me`, also by `PUT users/me`, or `PUT users/me` must contain it.
   * Without this only the account system writes it.
   */
  users?: 'patch' | 'put' | 'put-required'
  /** Whether bodies of the account system may have the field; true by default. The service itself writes it otherwise, and imports do. */
  provision?: false
  /** What is stored and shown for users who have no value. */
  default?: string | number | boolean | ((user: NamedUser) => string)
  /** What is shown, but not stored, for users who have no value. */
  placeholder?: unknown
}

// Not Profile, which is derived from the entries below.
type NamedUser = { id: bigint; username?: string }
/** The username; `u` and the id if the user has none. */
export const usernameOf = ({ id, username }: NamedUser): string => username ?? `u${id}`

const picture = (path: string, width: number, height: number) => ({
  url: PUBLIC_URL_MARK + path,
  width,
  height,
  is_default: true,
})

/** The fields in the order of the columns of a file. */
const ENTRIES = {
  username: { type: 'username', default: usernameOf },
  name: {
    type: 'text',
    limits: { minLength: 1, maxLength: 50 },
    users: 'put-required',
    default: usernameOf,
  },
  type: { type: 'user-type', default: 'human' },
  description: { type: 'description', users: 'put-required' },
  timezone: { type: 'timezone', users: 'put-required', default: 'UTC' },
  locale: {
    type: 'text',
    limits: { pattern: '^[a-z]{2,3}([_-][A-Za-z0-9]{2,8}){0,3}$' },
    example: 'en_US',
    users: 'put-required',
    default: 'en_US',
  },
  created_at: { type: 'created-at', placeholder: '1970-01-01T00:00:00Z' },
  verified_domain: { type: 'text', limits: { pattern: '^[A-Za-z0-9.-]{1,253}$' }, example: 'example.org' },
  avatar_image: { type: 'image', placeholder: picture('/images/avatar.svg', 180, 180) },
  cover_image: { type: 'image', placeholder: picture('/images/cover.svg', 960, 260) },
  annotations: { type: 'annotations', users: 'patch' },
  locked: { type: 'flag', users: 'put' },
  hides_lists: { type: 'flag', users: 'put' },
  moved_to: { type: 'user-id', provision: false },
} as const satisfies Record<string, Entry>

type FieldName = keyof typeof ENTRIES

/** A user's own properties. A field that is absent gets its default. */
export type Profile = { id: bigint } & {
  [Name in FieldName]?: Values[(typeof ENTRIES)[Name]['type']]
}

export type Field = Entry & {
  name: FieldName
  rules: FieldRules<unknown>
  /** The JSON schema of the field in a body. */
  schema: object
}

export const FIELDS: readonly Field[] = Object.entries<Entry>(ENTRIES).map(([name, entry]) => {
  const rules = TYPES[entry.type](name) as FieldRules<unknown>
  return { ...entry, name: name as FieldName, rules, schema: { ...rules.schema, ...entry.limits } }
})

/** The columns of a file of users. */
export const COLUMNS = ['id', ...FIELDS.map(({ name }) => name)] as const

/** The fields in another order: first those that are named, then the others in the order of the table. */
const inOrder = (first: FieldName[]): Field[] => [
  ...first.map((name) => FIELDS.find((field) => field.name === name) as Field),
  ...FIELDS.filter(({ name }) => !first.includes(name)),
]

/** The fields of the rendered User object, in the order of App.net. */
export const RENDERED: readonly Field[] = inOrder([
  'username',
  'name',
  'description',
  'timezone',
  'locale',
  'avatar_image',
  'cover_image',
  'type',
  'created_at',
  'verified_domain',
]).filter(({ rules }) => rules.show !== undefined)

/** The fields that users write themselves, in the order in which a body is checked. */
export const WRITTEN_BY_USERS: readonly Field[] = inOrder([
  'name',
  'locale',
  'timezone',
  'description',
]).filter(({ users }) => users !== undefined)

/** The fields that bodies of the account system may have. */
export const WRITTEN_BY_PROVISION: readonly Field[] = FIELDS.filter(({ provision }) => provision !== false)

/** Whether every User object has the field. */
export const isAlwaysShown = (field: Field): boolean =>
  field.default !== undefined || field.placeholder !== undefined

/** The properties of a user's node that hold its fields. */
export const FIELD_PROPERTIES: Record<string, BulkType> = Object.assign(
  {},
  ...FIELDS.map(({ rules }) => rules.properties),
)
