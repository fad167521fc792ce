// The frame of the page: sign-in, navigation, and the view of the current address.
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks'
import { Announcer } from './announce.tsx'
import { ApiCalls } from './api-calls.tsx'
import { SessionContext } from './context.ts'
import { secondsOf, sentenceOf } from './failure.tsx'
import { LiveContext, useEvents } from './live.ts'
import { clearRecorded } from './recorded.ts'
import { hrefOf, type Route } from './route.ts'
import { exchange, type Session, signIn, signOut, storedToken, takeCode } from './session.ts'
import { useRoute } from './use-route.ts'
import { Find } from './views/find.tsx'
import { Person } from './views/person.tsx'
import { SignIn } from './views/sign-in.tsx'

export function App() {
  const [session, setSession] = useState<Session | null>(null)
  const [error, setError] = useState<unknown>()
  // What signs in by itself: the link of `serve --sample`, or the token of this tab.
  const [automatic, setAutomatic] = useState(true)
  // Whoever signs out, or comes with another token, does not want what a sign-in on its way brings.
  const attempt = useRef(0)
  const enter = async (token: () => Promise<string | null>) => {
    attempt.current += 1
    const wanted = attempt.current
    try {
      const text = await token()
      if (wanted !== attempt.current) return
      const entered = text === null ? null : await signIn(text)
      if (wanted !== attempt.current) return
      if (entered !== null) setSession(entered)
      setError(undefined)
    } catch (thrown) {
      if (wanted !== attempt.current) return
      setError(thrown)
      // A service that is away for a moment does not make a good token bad.
      const seconds = secondsOf(thrown)
      if (storedToken() !== null && seconds !== null) {
        setAutomatic(true)
        setTimeout(() => wanted === attempt.current && void resume(), 1_000 * seconds)
        return
      }
      signOut()
    }
    setAutomatic(false)
  }
  const resume = () => enter(async () => storedToken())
  useEffect(() => {
    const byLink = () => {
      const code = takeCode()
      // A tab that is signed in already stays so.
      if (code !== null)
        void enter(() => exchange(code).catch((thrown) => storedToken() ?? Promise.reject(thrown)))
      return code !== null
    }
    if (!byLink()) void resume()
    addEventListener('hashchange', byLink)
    return () => removeEventListener('hashchange', byLink)
  }, [])
  const leave = () => {
    attempt.current += 1
    signOut()
    setSession(null)
    setError(undefined)
    setAutomatic(false)
  }
  return (
    <>
      {session === null ? (
        <main id="main">
          {automatic ? (
            <>
              <p role="status">
                {error === undefined ? 'Signing in …' : `${sentenceOf(error)} Trying again …`}
              </p>
              {error !== undefined && (
                <button type="button" onClick={leave}>
                  Sign out
                </button>
              )}
            </>
          ) : (
            <SignIn error={error} enter={(token) => enter(async () => token)} />
          )}
        </main>
      ) : (
        <SessionContext.Provider value={{ ...session, signOut: leave }}>
          <Frame session={session} leave={leave} />
        </SessionContext.Provider>
      )}
      <Announcer />
    </>
  )
}

function Frame({ session, leave }: { session: Session; leave: () => void }) {
  const route = useRoute()
  const live = useEvents(session)
  const place = route.path.join('/')
  // Before the effects of the view, which make its calls.
  useLayoutEffect(clearRecorded, [place])
  const subject = route.path.slice(0, 2).join('/')
  const before = useRef(subject)
  useEffect(() => {
    if (before.current === subject) return
    before.current = subject
    // The link that was pressed is gone: readers of the keyboard and the screen begin at the new content.
    document.getElementById('main')?.focus({ preventScroll: true })
    scrollTo({ top: 0, behavior: 'instant' })
  }, [subject])
  const link = (path: string, name: string) => (
    <a href={hrefOf(path)} aria-current={`/${place}` === path ? 'page' : undefined}>
      {name}
    </a>
  )
  const skip = () => document.getElementById('main')?.focus()
  return (
    <>
      <button type="button" class="skip" onClick={skip}>
        Skip to the content
      </button>
      <header class="top">
        <strong>follow-graph</strong>
        <nav aria-label="Pages">
          {link('/', 'Find people')}
          {session.me !== null && link('/me', 'Me')}
        </nav>
        <span class="who">{session.me === null ? `App ${session.app}` : `@${session.me.username}`}</span>
        <button type="button" onClick={leave}>
          Sign out
        </button>
      </header>
      <main id="main" tabIndex={-1}>
        <LiveContext.Provider value={live}>
          <View route={route} />
        </LiveContext.Provider>
      </main>
      <footer>
        <ApiCalls />
      </footer>
    </>
  )
}

function View({ route: { path, query } }: { route: Route }) {
  const [first, second, third] = path
  if (first === undefined) return <Find q={query.get('q') ?? ''} />
  if (first === 'me') return <Person key="me" id="me" tab={second} query={query} />
  if (first === 'users' && second !== undefined)
    return <Person key={second} id={second} tab={third} query={query} />
  return <p>There is no such page. {<a href={hrefOf('/')}>Find people</a>}</p>
}
