// The route of the page, which follows the address.
import { useEffect, useState } from 'preact/hooks'
import { type Route, routeOf } from './route.ts'

/** The current route; the component is rendered anew when it changes. */
export function useRoute(): Route {
  const [hash, setHash] = useState(location.hash)
  useEffect(() => {
    const changed = () => setHash(location.hash)
    addEventListener('hashchange', changed)
    return () => removeEventListener('hashchange', changed)
  }, [])
  return routeOf(hash)
}
