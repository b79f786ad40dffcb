// Talks to a peer as a login does, in several steps, and tells which came first: its end, or the deadline.
import { connect } from 'node:net'
import { hostTime } from '../../../src/lib/host-time'

const socket = connect(Number(process.argv[2]), '127.0.0.1', () => {
  hostTime.after(5000, () => {
    end('deadline')
  })
  socket.write(String(process.pid))
})
let answers = 0
socket.on('data', () => {
  answers += 1
  if (answers < 5) socket.write('more')
  else end('end')
})
const end = (first: string): void => {
  process.stdout.write(JSON.stringify({ first, stoodStillMs: hostTime.stoodStillMs() }))
  process.exit()
}
