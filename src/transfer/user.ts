// The type of a user in a transfer file; the columns are PROFILE_FIELDS.
import type { Profile } from '../users/profile.ts'

/** A user as the file gives it; the importer fills in absent fields. `created_at` is in whole UTC seconds. */
export type UserRecord = Profile
