// The explorer: a page on which people look at the follow graph and change their own part of it, through the public API only.
import { render } from 'preact'
import { App } from './app.tsx'

render(<App />, document.getElementById('app') as HTMLElement)
