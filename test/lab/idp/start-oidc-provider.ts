/** An OpenID Provider (oidc-provider) in a child process: password and one-time code, rotation, back-channel logout. */
import { writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { join } from 'node:path'
import { json } from 'node:stream/consumers'
import { type Order, type ProviderSetting, people, providerProgram } from '@lockgate/demo/idp'
import type { Lab } from '../lab.ts'
import { openHome } from './home.ts'
import type { Idp, IdpOptions } from './idp.ts'

const client = { id: 'lockgate', secret: 'lab-client-secret-3b1f0c' }

/** On loopback, or at a place of a lab. */
export async function startOidcProvider(options: IdpOptions = {}, lab?: Lab, place?: string): Promise<Idp> {
  const home = await openHome('oidc-provider', options, lab, place)
  const host = options.host ?? home.address
  const pair = await home.authority.issue('oidc-provider', [host])
  const setting: ProviderSetting = {
    folder: home.folder,
    address: home.address,
    host,
    port: options.port ?? 0,
    ...pair,
    client,
    origin: options.origin ?? null,
    hosts: options.hosts ?? {},
    otp: options.otp ?? 'always',
    accessTokenLifetime: options.accessTokenLifetime ?? 300,
    people,
  }
  const start = async (port: number) => {
    const file = join(home.folder, 'setting.json')
    writeFileSync(file, JSON.stringify({ ...setting, port }), { mode: 0o600 })
    const argv = [process.execPath, providerProgram, file]
    const child = await home.spawn(argv, { env: { NODE_EXTRA_CA_CERTS: home.authority.ca } })
    await child.until((stdout) => stdout.includes('listening'), 20_000)
    return child
  }
  const port = (stdout: string) => Number(/listening (\d+)/.exec(stdout)?.[1])
  let child = await start(setting.port)
  const bound = port(child.stdout())
  const tell = (order: Order) => askControl(join(home.folder, 'control.sock'), order)
  return {
    kind: 'oidc-provider',
    issuer: `https://${host}:${bound}`,
    ca: home.authority.ca,
    authority: home.authority,
    client,
    mfa: { acr: ['2'], amr: [['mfa']] },
    people,
    register: async (origin) => void (await tell({ do: 'register', origin })),
    disable: async (login) => void (await tell({ do: 'disable', login })),
    enable: async (login) => void (await tell({ do: 'enable', login })),
    addToGroup: async (login, group) => void (await tell({ do: 'add-to-group', login, group })),
    removeFromGroup: async (login, group) => void (await tell({ do: 'remove-from-group', login, group })),
    endSessions: async (login) => void (await tell({ do: 'end-sessions', login })),
    accessToken: async (login, audience) => String(await tell({ do: 'access-token', login, audience })),
    rotateKeys: async () => void (await tell({ do: 'rotate-keys' })),
    pause: () => child.stop(),
    resume: async () => {
      child = await start(bound)
    },
    stop: async () => {
      await child.stop()
      await home.close()
    },
  }
}

async function askControl(socketPath: string, order: Order): Promise<unknown> {
  const answer = await new Promise<unknown>((resolve, reject) => {
    const asked = request({ socketPath, method: 'POST' }, (response) => json(response).then(resolve, reject))
    asked.on('error', reject)
    asked.end(JSON.stringify(order))
  })
  const { done, error } = answer as { readonly done?: unknown; readonly error?: string }
  if (error !== undefined) throw new Error(`oidc-provider, ${order.do}: ${error}`)
  return done
}
