// Payroll, from 2011: pages made on the server, a login of its own, sessions in memory.
import bcrypt from 'bcryptjs'
import express from 'express'
import session from 'express-session'
import { slips, users } from './data.js'
import { escapeHtml, page } from './page.js'

const app = express()

app.get('/healthz', (_req, res) => res.type('text').send('ok\n'))

app.use(express.urlencoded({ extended: false }))
app.use(session({ secret: 'acme-2011', resave: false, saveUninitialized: false }))

function requireLogin(req, res, next) {
  if (!req.session.user) return res.redirect('/login')
  next()
}

app.get('/login', (_req, res) => {
  res.send(
    page(
      'Payroll',
      '<form method="post" action="/login"><input name="user"><input name="password" type="password"><button>Sign in</button></form>',
    ),
  )
})

app.post('/login', async (req, res) => {
  const user = users.find((one) => one.name === req.body.user)
  if (!user || !(await bcrypt.compare(req.body.password ?? '', user.passwordHash))) {
    return res.status(401).send(page('Payroll', '<p>Wrong name or password.</p>'))
  }
  req.session.user = user.name
  res.redirect('/')
})

app.post('/logout', (req, res) => {
  req.session.destroy(() => res.redirect('/login'))
})

app.get('/', requireLogin, (req, res) => {
  const mine = slips[req.session.user] ?? []
  const list = mine.map((month) => `<li>Payslip ${month}</li>`).join('')
  res.send(page('Payroll', `<p>Signed in as ${escapeHtml(req.session.user)}</p><ul>${list}</ul>`))
})

const [host = '::', port = '8080'] = process.argv.slice(2)
app.listen(Number(port), host, () => console.log('listening'))
