/** Calls that are what they are by the module that they come from. */
import { bare, child, children, dotted, keyName, literal, type Node, startOfCall } from '../syntax/node.ts'
import { type Certainty, type Context, type Found, isLocal, type Kind, type Rule } from './rule.ts'

type Entry = readonly [kind: Kind, framework: string, certainty: Certainty]

const entries = (names: string, entry: Entry): readonly (readonly [string, Entry])[] =>
  names.split(/\s+/).map((name) => [name, entry] as const)

/** By the callee's origin. */
const known: ReadonlyMap<string, Entry> = new Map([
  ...['bcrypt', 'bcryptjs', 'bcrypt-nodejs', '@node-rs/bcrypt', 'bcrypt-ts'].flatMap((name) =>
    entries(`${name}.compare ${name}.compareSync ${name}.verify ${name}.verifySync`, [
      'password-check',
      'bcrypt',
      'sure',
    ]),
  ),
  ...['argon2', '@node-rs/argon2', 'argon2-browser', '@phc/argon2'].flatMap((name) =>
    entries(`${name}.verify ${name}.verifySync`, ['password-check', 'argon2', 'sure']),
  ),
  ...entries('scrypt-kdf.verify scrypt.verifyKdf scrypt.verifyKdfSync scrypt.verify @node-rs/scrypt.verify', [
    'password-check',
    'scrypt',
    'sure',
  ]),
  ...entries('password-hash.verify credential.verify pbkdf2-password.verify', ['password-check', 'node', 'sure']),
  ...entries('express-session cookie-session client-sessions express-session.default', ['session', 'express', 'sure']),
  ...entries(
    'koa-session koa-generic-session koa-session2 koa-session-minimal koa-session.createSession koa-cookie-session',
    ['session', 'koa', 'sure'],
  ),
  ...entries('iron-session.getIronSession iron-session.unsealData iron-session.withIronSessionApiRoute next-session', [
    'session',
    'nextjs',
    'sure',
  ]),
  ...entries('iron-session/next.withIronSessionApiRoute iron-session/next.withIronSessionSsr', [
    'session',
    'nextjs',
    'sure',
  ]),
  ...entries('@remix-run/node.createCookieSessionStorage react-router.createCookieSessionStorage', [
    'session',
    'remix',
    'sure',
  ]),
  ...entries('hono/session.session hono-sessions.sessionMiddleware', ['session', 'hono', 'sure']),
  ...entries('next-auth.getServerSession next-auth/next.getServerSession next-auth/next.unstable_getServerSession', [
    'session',
    'next-auth',
    'sure',
  ]),
  ...entries('next-auth.unstable_getServerSession next-auth/jwt.getToken', ['session', 'next-auth', 'sure']),
  ...entries(
    'next-auth/react.useSession next-auth/react.getSession next-auth/client.useSession next-auth/client.getSession',
    ['session', 'next-auth', 'likely'],
  ),
  ...entries('next-auth/react.signIn next-auth/client.signIn', ['login-route', 'next-auth', 'likely']),
  ...entries(
    'next-auth next-auth.default next-auth/next @auth/core.Auth @auth/express.ExpressAuth better-auth.betterAuth',
    ['strategy', 'next-auth', 'sure'],
  ),
  ...entries('next-auth/middleware.withAuth next-auth/middleware', ['strategy', 'next-auth', 'sure']),
  ...entries('jsonwebtoken.verify', ['jwt-verify', 'jsonwebtoken', 'sure']),
  ...entries('jsonwebtoken.decode jwt-decode jwt-decode.jwtDecode jose.decodeJwt', [
    'jwt-verify',
    'jsonwebtoken',
    'likely',
  ]),
  ...entries(
    'jose.jwtVerify jose.compactVerify jose.generalVerify jose.flattenedVerify jose.jwtDecrypt jose.JWT.verify',
    ['jwt-verify', 'jose', 'sure'],
  ),
  ...entries('jose/jwt/verify.jwtVerify jose/jwt/verify', ['jwt-verify', 'jose', 'sure']),
  ...entries('jwt-simple.decode njwt.verify jws.verify paseto.V2.verify paseto.V4.verify', [
    'jwt-verify',
    'node',
    'sure',
  ]),
  ...entries('@tsndr/cloudflare-worker-jwt.verify hono/jwt.verify hono/jwt.jwt fast-jwt.createVerifier', [
    'jwt-verify',
    'hono',
    'sure',
  ]),
  ...entries('express-jwt express-jwt.expressjwt express-jwt.expressJwt express-jwt.jwt', [
    'jwt-verify',
    'express',
    'sure',
  ]),
  ...entries('express-oauth2-jwt-bearer.auth', ['jwt-verify', 'express', 'sure']),
  ...entries('koa-jwt koajwt @koa/jwt', ['jwt-verify', 'koa', 'sure']),
  ...entries('@nestjs/jwt.JwtModule.register @nestjs/jwt.JwtModule.registerAsync', ['jwt-verify', 'nestjs', 'likely']),
  ...entries('@nestjs/passport.PassportModule.register @nestjs/passport.PassportModule.registerAsync', [
    'strategy',
    'nestjs',
    'likely',
  ]),
  ...entries('@okta/jwt-verifier aws-jwt-verify.CognitoJwtVerifier.create', ['jwt-verify', 'node', 'sure']),
  ...entries('express-basic-auth', ['basic-auth', 'express', 'sure']),
  ...entries('basic-auth basic-auth-connect basic-auth.parse', ['basic-auth', 'express', 'sure']),
  ...entries('http-auth.basic http-auth.digest http-auth-connect', ['basic-auth', 'express', 'sure']),
  ...entries('koa-basic-auth', ['basic-auth', 'koa', 'sure']),
  ...entries('hono/basic-auth.basicAuth', ['basic-auth', 'hono', 'sure']),
  ...entries('nextjs-basic-auth nextjs-basic-auth-middleware', ['basic-auth', 'nextjs', 'sure']),
  ...entries('express-openid-connect.auth keycloak-connect connect-ensure-login.ensureLoggedIn', [
    'strategy',
    'express',
    'sure',
  ]),
  ...entries('connect-ensure-login connect-ensure-login.ensureLoggedOut express-openid-connect.requiresAuth', [
    'strategy',
    'express',
    'sure',
  ]),
  ...entries(
    '@feathersjs/authentication.AuthenticationService @feathersjs/authentication.JWTStrategy @feathersjs/authentication.authenticate',
    ['strategy', 'feathers', 'sure'],
  ),
  ...entries(
    '@feathersjs/authentication-local.LocalStrategy @feathersjs/authentication-oauth.oauth @feathersjs/authentication-oauth.OAuthStrategy',
    ['strategy', 'feathers', 'sure'],
  ),
  ...entries('@nestjs/passport.AuthGuard', ['strategy', 'nestjs', 'sure']),
  ...entries('@clerk/nextjs/server.clerkMiddleware @clerk/express.clerkMiddleware @clerk/express.requireAuth', [
    'strategy',
    'clerk',
    'sure',
  ]),
  ...entries('@clerk/nextjs/server.auth @clerk/nextjs/server.currentUser @clerk/express.getAuth', [
    'session',
    'clerk',
    'sure',
  ]),
])

/** Plugins: it is their registration that counts, `app.register(plugin, …)`. */
const plugins: ReadonlyMap<string, Entry> = new Map([
  ...entries('@fastify/session fastify-session @fastify/secure-session fastify-secure-session', [
    'session',
    'fastify',
    'sure',
  ]),
  ...entries('@mgcrea/fastify-session', ['session', 'fastify', 'sure']),
  ...entries('@fastify/jwt fastify-jwt @fastify/jwt.fastifyJwt @fastify/jwt.fastifyJWT', [
    'jwt-verify',
    'fastify',
    'sure',
  ]),
  ...entries('fastify-auth0-verify @fastify/auth0-verify get-jwks', ['jwt-verify', 'fastify', 'sure']),
  ...entries('@fastify/basic-auth fastify-basic-auth', ['basic-auth', 'fastify', 'sure']),
  ...entries('@fastify/bearer-auth fastify-bearer-auth @fastify/oauth2 fastify-oauth2', [
    'strategy',
    'fastify',
    'sure',
  ]),
  ...entries('@hapi/yar yar', ['session', 'hapi', 'sure']),
  ...entries('@hapi/cookie hapi-auth-cookie', ['session', 'hapi', 'likely']),
  ...entries('@hapi/basic hapi-auth-basic', ['basic-auth', 'hapi', 'likely']),
  ...entries('hapi-auth-jwt2 @hapi/jwt hapi-auth-jwt', ['jwt-verify', 'hapi', 'likely']),
  ...entries('@hapi/bell bell', ['strategy', 'hapi', 'likely']),
])

/** By the last part of what is called, where the receiver is a name that nobody gives to anything else. */
const byName: readonly (readonly [RegExp, Entry])[] = [
  [/^(.*\.)?(bcrypt(js)?)\.compare(Sync)?$/i, ['password-check', 'bcrypt', 'sure']],
  [/^(.*\.)?argon2?\.verify$/i, ['password-check', 'argon2', 'sure']],
  [/^(.*\.)?(jwt|jsonwebtoken)\.verify$/i, ['jwt-verify', 'jsonwebtoken', 'sure']],
  [/^(.*\.)?_?jwt_?(service)?\.(verify|verifyAsync)$/i, ['jwt-verify', 'nestjs', 'sure']],
  [/^(.*\.)?_?jwt_?service\.decode$/i, ['jwt-verify', 'nestjs', 'likely']],
  [/^(req|request|this|app|fastify|server)\.jwtVerify$/, ['jwt-verify', 'fastify', 'sure']],
  [/^(.*\.)?(verifyIdToken|verifySessionCookie)$/, ['jwt-verify', 'node', 'likely']],
  [/^(req|request|ctx)\.(login|logIn|logOut|logout)$/, ['session', 'passport', 'sure']],
  [/^(.*\.)?lucia\.(validateSession|createSession|invalidateSession)$/, ['session', 'lucia', 'sure']],
  [/^(.*\.)?auth\.(api\.getSession|getUser|getSession|getClaims)$/, ['session', 'node', 'likely']],
  [/^(.*\.)?auth\.(signIn\w*|api\.signIn\w*)$/, ['login-route', 'node', 'likely']],
  [/^(req|request|ctx)\.(isAuthenticated|isUnauthenticated)$/, ['session', 'passport', 'likely']],
  [
    /^(.*\.)?(verify|decode|check|validate|parse)(Access|Refresh|Auth|Jwt|JWT|Id)?_?(Token|Jwt|JWT)$/,
    ['jwt-verify', 'node', 'likely'],
  ],
]

export const calls: Rule = {
  on: ['CallExpression', 'NewExpression'],
  find(node, parents, context) {
    const callee = child(node, 'callee')
    const origin = context.originOf(callee)
    const entry = (origin === undefined ? undefined : known.get(origin)) ?? registered(node, callee, context)
    if (entry) return found(node, entry)
    const name = dotted(callee)
    if (name === undefined || parents.at(-1)?.type === 'Decorator') return undefined
    const named = byName.find(([pattern]) => pattern.test(name))
    return named && found(node, named[1])
  },
}

/** A session kept by hand, `getCurrentSession()` and `createSession(token, user)` from a module of the program that is about one. */
export const sessionHelpers: Rule = {
  on: ['CallExpression'],
  find(node, _parents, { originOf }) {
    const callee = bare(child(node, 'callee'))
    const origin = callee?.type === 'Identifier' ? originOf(callee) : undefined
    if (origin === undefined || !isLocal(origin)) return undefined
    const [, module = '', name = ''] = /^(.*)\.(\w+)$/.exec(origin) ?? []
    const isOne = /(^|\/)[^/]*(auth|session)[^/]*$/i.test(module) && helperName.test(name)
    return isOne ? found(node, ['session', 'node', 'likely']) : undefined
  },
}

const helperName =
  /^((get|read|validate|verify|require|create|start|set|renew|invalidate|destroy|delete|clear|end|revoke)(Current|User|Auth)?(Session|AuthSession)(Cookie|TokenCookie|Request|Token)?|validateRequest)$/

const found = (node: Node, [kind, framework, certainty]: Entry): Found => ({
  at: startOfCall(node),
  node,
  kind,
  framework,
  certainty,
})

/** `x.register(plugin, …)`, `x.register({ plugin })`, `x.register([plugin, …])`, `x.use(plugin)`. */
function registered(call: Node, callee: Node | undefined, context: Context): Entry | undefined {
  const name = callee?.type === 'MemberExpression' ? keyName(callee) : undefined
  if (name !== 'register' && name !== 'use') return undefined
  const [first] = children(call, 'arguments')
  const inner = bare(first)
  const candidates = inner?.type === 'ArrayExpression' ? children(inner, 'elements') : inner ? [inner] : []
  return candidates.map((one) => pluginEntry(one, context)).find((one) => one !== undefined)
}

function pluginEntry(node: Node, context: Context): Entry | undefined {
  const inside = bare(node)
  const value =
    inside?.type === 'ObjectExpression'
      ? children(inside, 'properties').find((one) => /^(plugin|register)$/.test(keyName(one, 'key') ?? ''))
      : undefined
  const origin = context.originOf(value ? child(value, 'value') : inside)
  const name = origin ?? (value ? literal(child(value, 'value')) : undefined)
  if (name === undefined) return undefined
  return plugins.get(name) ?? plugins.get(name.replace(/\.plugin$|\(\)$/, ''))
}
