// Finds people by the beginnings of the words of their usernames and names.
import { useEffect, useRef, useState } from 'preact/hooks'
import { useSession } from '../context.ts'
import { Failure } from '../failure.tsx'
import { hrefOf } from '../route.ts'
import { counted } from '../text.ts'
import { useLoad } from '../use-load.ts'
import { useTitle } from '../use-title.ts'
import { People } from './people.tsx'

const MOST = 50

export function Find({ q }: { q: string }) {
  const { client } = useSession()
  useTitle('Find people')
  const words = hasWord(q) ? q : ''
  const found = useLoad(
    async (signal) =>
      words === ''
        ? []
        : (await client.call('search', { q: words, count: MOST, include_html: 0 }, { signal })).data,
    [words],
  )
  const users = found.value ?? []
  return (
    <>
      <h1>Find people</h1>
      <SearchBox label="Name or @username" q={q} go={(text) => location.replace(hrefOf('/', { q: text }))} />
      {found.error !== undefined && <Failure error={found.error} again={found.again} />}
      <p class="quiet" role="status">
        {words === ''
          ? 'Type the beginning of a name. Case and accents do not matter.'
          : found.loading
            ? 'Searching …'
            : found.error === undefined &&
              `${counted(users.length, 'person', 'people')} found${users.length === MOST ? ', the best of them' : ''}`}
      </p>
      {/* Those of an earlier search do not belong below its failure. */}
      <People users={found.error === undefined ? users : []} label="People found" />
    </>
  )
}

// The API refuses a search without a word.
export const hasWord = (text: string): boolean => /[\p{L}\p{N}]/u.test(text)

/** A field whose text becomes part of the address once the reader pauses. */
export function SearchBox({ label, q, go }: { label: string; q: string; go: (text: string) => void }) {
  const [text, setText] = useState(q)
  // What the address has or is about to have from here: the reader may type on until it has.
  const sent = useRef(q)
  const send = () => {
    sent.current = text
    go(text)
  }
  useEffect(() => {
    if (q === sent.current) return
    sent.current = q
    setText(q)
  }, [q])
  useEffect(() => {
    if (text === sent.current) return
    const timer = setTimeout(send, 250)
    return () => clearTimeout(timer)
  }, [text])
  return (
    <search class="search">
      <form
        onSubmit={(event) => {
          event.preventDefault()
          send()
        }}
      >
        <label>
          <span>{label}</span>
          <input
            type="search"
            autocomplete="off"
            autocapitalize="none"
            spellcheck={false}
            maxLength={200}
            value={text}
            onInput={(event) => setText(event.currentTarget.value)}
          />
        </label>
      </form>
    </search>
  )
}
