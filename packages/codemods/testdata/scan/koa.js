// dependencies: koa
import Router from '@koa/router'
import Koa from 'koa'
import jwt from 'koa-jwt'
import session from 'koa-session'
const app = new Koa()
const router = new Router()
app.use(session({}, app)) // session
app.use(jwt({ secret: process.env.KEY })) // jwt-verify
router.get('home', '/', show).post('sign in', '/signin', enter) // login-route
app.listen(process.env.PORT || 3000) // listener
import route from 'koa-route'
app.use(route.post('/login', passport)) // login-route
