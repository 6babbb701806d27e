/** The wiki, from 2015: one page for every path, which a script fills; health and pages as JSON. */
import { createServer } from 'node:http'
import { page } from './page.ts'
import { serve } from './serve.ts'

const pages: Readonly<Record<string, string>> = {
  welcome: 'Welcome to the wiki.',
  vpn: 'How to get onto the VPN, and why that was enough.',
}
const shell = page('Wiki', '<main id="app"></main><script src="/app.js"></script>')
const script =
  "fetch('/api/pages').then((r)=>r.json()).then((p)=>{document.getElementById('app').textContent=p.join(', ')})\n"

serve(
  createServer((request, response) => {
    const path = (request.url ?? '/').split('?')[0] ?? '/'
    const json = (value: unknown) =>
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(value))
    if (path === '/healthz') json({ status: 'up' })
    else if (path === '/app.js') response.writeHead(200, { 'content-type': 'text/javascript' }).end(script)
    else if (path === '/api/pages') json(Object.keys(pages))
    else response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end(shell)
  }),
)
