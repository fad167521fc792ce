// The title of the browser's tab, which screen readers read when a page opens.
import { useEffect } from 'preact/hooks'

export function useTitle(subject: string): void {
  useEffect(() => {
    document.title = `${subject} · follow-graph`
  }, [subject])
}
