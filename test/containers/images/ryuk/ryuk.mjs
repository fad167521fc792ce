// Does what the tests need of the reaper: takes filters (label=name=value) from connections, and ten seconds after the last of them has
// closed it removes the containers that match, and ends.
import { request } from 'node:http'
import { createServer } from 'node:net'

const filters = new Set()
let connections = 0
let timer

function call(method, path) {
  return new Promise((done, failed) => {
    const out = request({ socketPath: '/var/run/docker.sock', method, path }, (answer) => {
      let text = ''
      answer.on('data', (piece) => (text += piece)).on('end', () => done(text))
    })
    out.on('error', failed).end()
  })
}

async function reap() {
  for (const filter of filters) {
    const wanted = encodeURIComponent(JSON.stringify({ label: [filter.replace(/^label=/, '')] }))
    for (const { Id } of JSON.parse(await call('GET', `/containers/json?all=1&filters=${wanted}`)))
      await call('DELETE', `/containers/${Id}?force=1&v=1`)
  }
  process.exit(0)
}

createServer((socket) => {
  connections += 1
  clearTimeout(timer)
  let text = ''
  socket.on('data', (piece) => {
    text += piece
    const lines = text.split('\n')
    text = lines.pop()
    for (const line of lines) {
      filters.add(line.trim())
      socket.write('ACK\n')
    }
  })
  socket.on('error', () => undefined)
  socket.on('close', () => {
    connections -= 1
    if (connections === 0) timer = setTimeout(reap, 10_000)
  })
}).listen(8080, () => console.log('Started!'))
process.on('SIGTERM', () => process.exit(0))
