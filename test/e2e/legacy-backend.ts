/** An application as it was before: a login of its own, Basic for administrators, a session cookie for everybody. `legacy-backend.ts PORT` */
import { createServer } from 'node:http'

const form =
  '<!doctype html><title>Login</title><form method="post"><input name="username"><input type="password" name="password"></form>'

createServer((asked, answer) => {
  answer.setHeader('set-cookie', 'connect.sid=s%3Aabc; Path=/')
  answer.setHeader('content-type', 'text/html; charset=utf-8')
  const path = asked.url?.split('?')[0]
  if (path === '/healthz') return answer.end('ok\n')
  if (path === '/login') return answer.writeHead(asked.method === 'POST' ? 401 : 200).end(form)
  if (path === '/admin/') return answer.writeHead(401, { 'www-authenticate': 'Basic realm="admin"' }).end()
  if (path === '/') return answer.end(`<!doctype html><title>wiki</title><p>${JSON.stringify(asked.rawHeaders)}`)
  return answer.writeHead(404).end('<!doctype html><title>Not found</title>')
}).listen(Number(process.argv[2]), '::', () => process.stdout.write('listening\n'))
