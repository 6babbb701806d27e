/** Payroll, from 2011: pages made on the server, a login of its own, sessions in memory, and a debug port that was forgotten. */
import { randomBytes } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { page } from './page.ts'
import { serve } from './serve.ts'

const slips = { ana: ['2026-09', '2026-10'], ben: ['2026-10'] } as const
const sessions = new Map<string, keyof typeof slips>()

const sessionOf = (request: IncomingMessage): keyof typeof slips | undefined =>
  sessions.get(/(?:^|; )PAYROLLSID=([0-9a-f]+)/.exec(request.headers.cookie ?? '')?.[1] ?? '')

function login(request: IncomingMessage, response: ServerResponse): void {
  let body = ''
  request.on('data', (chunk: Buffer) => {
    body += chunk.toString('utf8').slice(0, 4_096 - body.length)
  })
  request.on('end', () => {
    const user = new URLSearchParams(body).get('user') ?? ''
    if (!Object.hasOwn(slips, user)) {
      response.writeHead(401, { 'content-type': 'text/html' }).end(page('Payroll', '<p>Wrong name.</p>'))
      return
    }
    const id = randomBytes(16).toString('hex')
    sessions.set(id, user as keyof typeof slips)
    response.writeHead(303, { location: '/', 'set-cookie': `PAYROLLSID=${id}; HttpOnly; Path=/` }).end()
  })
}

function home(request: IncomingMessage, response: ServerResponse): void {
  const user = sessionOf(request)
  const form =
    '<form method="post" action="/login"><label>Name <input name="user"></label> <button>Sign in</button></form>'
  const list = user ? `<ul>${slips[user].map((month) => `<li>Payslip ${month}</li>`).join('')}</ul>` : form
  response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end(page('Payroll', list))
}

serve(
  createServer((request, response) => {
    if (request.url === '/healthz') response.writeHead(200, { 'content-type': 'text/plain' }).end('ok\n')
    else if (request.method === 'POST' && request.url === '/login') login(request, response)
    else if (request.url === '/') home(request, response)
    else response.writeHead(404, { 'content-type': 'text/html' }).end(page('Payroll', '<p>No such page.</p>'))
  }),
)
