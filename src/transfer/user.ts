// The type of a user in a transfer file; the columns are COLUMNS of profile-fields.ts.
import type { Profile } from '../users/profile-fields.ts'

/** A user as the file gives it; the importer fills in absent fields. `created_at` is in whole UTC seconds. */
export type UserRecord = Profile
