// The wiki, from 2015: one page that a script fills from a JSON API, and tokens of its own.
import express from 'express'
import jwt from 'jsonwebtoken'

const secret = process.env.WIKI_SECRET ?? 'acme-2015'
const people = { ana: 'wiki4ever', ben: 'letmein' }
const pages = {
  welcome: 'Welcome to the wiki.',
  vpn: 'How to get onto the VPN, and why that was enough.',
}

const app = express()

app.get('/healthz', (_req, res) => res.json({ status: 'up' }))

app.use(express.json())

function authenticate(req, res, next) {
  const token = (req.headers.authorization ?? '').replace('Bearer ', '')
  try {
    req.user = jwt.verify(token, secret)
    next()
  } catch {
    res.status(401).json({ error: 'sign in first' })
  }
}

app.post('/api/login', (req, res) => {
  const { name, password } = req.body
  if (people[name] === undefined || people[name] !== password) return res.status(401).json({ error: 'wrong password' })
  res.json({ token: jwt.sign({ sub: name }, secret, { expiresIn: '30d' }) })
})

app.get('/api/pages', authenticate, (_req, res) => res.json(Object.keys(pages)))

app.get('/api/pages/:name', authenticate, (req, res) => {
  const text = pages[req.params.name]
  if (text === undefined) return res.status(404).json({ error: 'no such page' })
  res.json({ text, reader: req.user.sub })
})

app.get('/app.js', (_req, res) =>
  res
    .type('js')
    .send(
      "fetch('/api/pages').then((r)=>r.json()).then((p)=>{document.getElementById('app').textContent=p.join(', ')})\n",
    ),
)

app.get('/', (_req, res) =>
  res.send(
    '<!doctype html><html lang="en"><title>Wiki</title><main id="app"></main><script src="/app.js"></script></html>\n',
  ),
)

const [host = '::', port = '8080'] = process.argv.slice(2)
app.listen(Number(port), host, () => console.log('listening'))
