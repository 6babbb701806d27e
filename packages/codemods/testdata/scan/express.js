// dependencies: express
const express = require('express')
const jwt = require('jsonwebtoken')
const { compare } = require('bcrypt')
const passport = require('passport')
const axios = require('axios')
const app = express()
const router = express.Router()
app.use(require('cookie-session')({ keys: [process.env.KEY] })) // session
app.use(passport.initialize()) // strategy
router.route('/login').post(signIn) // login-route
router.get('/auth/github', passport.authenticate('github')) // login-route
router.post('/register', register) // login-route?
router.get('/articles', passport.authenticate('jwt'), list) // strategy
router.get('/articles/login-history-of-articles-2', list)
app.post('/', users.login) // login-route
axios.post('/login', { name: 'x' }).then(show)
async function signIn(req, res) {
  if (await compare(req.body.password, row.hash)) res.json({}) // password-check
  if (user.password === req.body.password) res.json({}) // password-check
  if (req.body.password !== req.body.confirmPassword) res.sendStatus(400)
  const claims = jwt.verify(req.body.token, process.env.KEY) // jwt-verify
}
const basic = (req) => Buffer.from(req.headers.authorization.split('Basic ')[1], 'base64') // basic-auth
app.listen(3000) // listener
app.listen(3000, '127.0.0.1')
app.listen('/run/app.sock')
const stale = !stored.passport.hasOwnProperty('user')
app.use(require('./auth').requireLogin) // strategy?
router.get('/me', ensureAuthenticated, show) // strategy?
router.post('/x', validateLogin, show)
const authenticate = passport.authenticate.bind(passport) // strategy?
const held = req.signedCookies.session_id // session?
yup.string().test('same', 'no', (value, context) => value === context.parent.password) // password-check?
