/** Keycloak with the realm of the lab: people, authenticator apps, levels of assurance. */
import { createServer } from 'node:net'
import { createBrowser, people } from '@lockgate/demo/idp'
import type { Lab } from '../lab.ts'
import { openHome } from './home.ts'
import type { Idp, IdpOptions } from './idp.ts'
import { accessTokenOf, keycloakActions } from './keycloak/actions.ts'
import { type Admin, createAdmin } from './keycloak/admin.ts'
import { browserAt } from './keycloak/browser-at.ts'
import { adminClient, createProgram } from './keycloak/program.ts'
import { clientAdmin, realmName, realmOf } from './keycloak/realm.ts'
import { startWithRealm } from './keycloak/seed.ts'

/** Milliseconds for an answer: a first one may need half a minute of a busy processor. */
const patience = 120_000
const client = { id: 'lockgate', secret: 'lab-client-secret-3b1f0c' }

export interface Keycloak extends Idp {
  /** May manage clients of the realm and nothing else: `identity.keycloak.admin`. */
  readonly admin: { readonly id: string; readonly secret: string }
  /** Its Admin REST API with all rights: paths below `/admin/realms/acme`. */
  ask: Admin['ask']
}

/** The port is chosen before Keycloak knows it: its issuer must name it. */
const freePort = (address: string): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = createServer().once('error', reject)
    server.listen(0, address, () => {
      const { port } = server.address() as { readonly port: number }
      server.close(() => resolve(port))
    })
  })

/** On loopback, or at a place of a lab. Needs `have('keycloak')`; takes half a minute of a processor. */
export async function startKeycloak(options: IdpOptions = {}, lab?: Lab, place?: string): Promise<Keycloak> {
  const home = await openHome('keycloak', options, lab, place)
  const host = options.host ?? home.address
  const port = options.port || (lab ? 8443 : await freePort(home.address))
  const base = new URL(`https://${host}:${port}`)
  const browser = lab
    ? await browserAt(home, patience)
    : createBrowser({ ca: [home.authority.ca], hosts: { [host]: home.address }, patience })
  const admin = createAdmin(browser, base.origin, adminClient)
  const program = createProgram({ home, base, hosts: options.hosts ?? {}, browser })
  const realm = realmOf({ people, clientId: client.id, accessTokenLifetime: options.accessTokenLifetime ?? 300 })
  const stop = async () => {
    await program.stop()
    await home.close()
  }
  try {
    await startWithRealm(home, program, admin, realm)
  } catch (error) {
    await stop()
    throw error
  }
  const ask: Admin['ask'] = (method, path, body) => admin.ask(method, `/realms/${realmName}${path}`, body)
  const issuer = `${base.origin}/realms/${realmName}`
  const idp: Keycloak = {
    kind: 'keycloak',
    issuer,
    ca: home.authority.ca,
    authority: home.authority,
    client,
    admin: clientAdmin,
    ask,
    mfa: { acr: ['2'], amr: [['otp']] },
    people,
    ...keycloakActions(ask, client, options.otp),
    accessToken: (login, audience) => accessTokenOf({ ask, browser, issuer, login, audience }),
    pause: program.stop,
    resume: program.start,
    stop,
  }
  if (options.origin) await idp.register(options.origin)
  return idp
}
