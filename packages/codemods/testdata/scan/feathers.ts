import { AuthenticationService, authenticate, JWTStrategy } from '@feathersjs/authentication'
import { LocalStrategy } from '@feathersjs/authentication-local'
import { createSession, getCurrentSession, type Session } from '@/lib/server/session'
import { createSession as createCheckout } from './checkout'

export function configure(app: App) {
  const authentication = new AuthenticationService(app) // strategy
  authentication.register('jwt', new JWTStrategy()) // strategy
  authentication.register('local', new LocalStrategy()) // strategy
  app.service('users').hooks({ before: { find: [authenticate('jwt')] } }) // strategy
}

export async function begin(user: User): Promise<Session> {
  const { session } = getCurrentSession() // session?
  await createCheckout(user.cart)
  return session ?? createSession(user.id) // session?
}
