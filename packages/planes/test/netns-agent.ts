/** Runs inside a network namespace and does what its parent writes, one JSON request a line: listen, connect, hold, echo. */
import { connect, createServer, type Socket } from 'node:net'
import { createInterface } from 'node:readline'

interface Request {
  readonly id: number
  readonly act: 'listen' | 'connect' | 'hold' | 'echo'
  readonly host: string
  readonly port: number
  readonly from?: string
}

const held = new Map<string, Socket>()
const answer = (id: number, result: string) => process.stdout.write(`${JSON.stringify({ id, result })}\n`)

function open(request: Request, keep: boolean): void {
  const socket = connect({
    host: request.host,
    port: request.port,
    ...(request.from ? { localAddress: request.from } : {}),
  })
  socket.setTimeout(1500, () => socket.destroy(new Error('timed out')))
  socket.on('error', (error: NodeJS.ErrnoException) => answer(request.id, error.code ?? error.message))
  socket.once('connect', () => {
    socket.setTimeout(0)
    answer(request.id, 'connected')
    if (keep) held.set(`${request.host} ${request.port}`, socket)
    else socket.destroy()
  })
}

function echo(request: Request): void {
  const socket = held.get(`${request.host} ${request.port}`) as Socket
  const timer = setTimeout(() => answer(request.id, 'silent'), 1500)
  socket.once('data', (data) => {
    clearTimeout(timer)
    answer(request.id, String(data))
  })
  socket.write('hello')
}

const acts: Readonly<Record<Request['act'], (request: Request) => void>> = {
  listen: ({ id, host, port }) => {
    const server = createServer((socket) => socket.on('error', () => socket.destroy()).pipe(socket))
    server.listen({ host, port }, () => answer(id, 'listening')).on('error', (error) => answer(id, error.message))
  },
  connect: (request) => open(request, false),
  hold: (request) => open(request, true),
  echo,
}

createInterface({ input: process.stdin })
  .on('line', (line) => {
    const request: Request = JSON.parse(line)
    acts[request.act](request)
  })
  .on('close', () => process.exit(0))
