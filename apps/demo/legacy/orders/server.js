// Orders, from 2018: a JSON API for programs, with a stream of events, and one password that all scripts share.
import express from 'express'
import basicAuth from 'express-basic-auth'

const orders = [
  { id: 1, item: 'lock', amount: 3 },
  { id: 2, item: 'gate', amount: 1 },
]

const app = express()

app.get('/health', (_req, res) => res.json({ status: 'UP' }))

app.use(basicAuth({ users: { script: 'changeme' }, challenge: true }))

app.get('/orders', (_req, res) => res.json(orders))

app.get('/events', (req, res) => {
  res.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' })
  const timer = setInterval(() => res.write(`data: ${JSON.stringify(orders[0])}\n\n`), 1_000)
  req.on('close', () => clearInterval(timer))
})

const [host = '::', port = '8080'] = process.argv.slice(2)
app.listen(Number(port), host, () => console.log('listening'))
