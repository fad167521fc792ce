// What every view needs: the session, and a way to end it.
import { createContext } from 'preact'
import { useContext } from 'preact/hooks'
import type { Session } from './session.ts'

export type Signed = Session & { signOut: () => void }

export const SessionContext = createContext<Signed | null>(null)

/** The session of the signed-in person. */
export function useSession(): Signed {
  return useContext(SessionContext) as Signed
}
