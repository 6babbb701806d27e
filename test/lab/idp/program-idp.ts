/** An identity provider that is a program of ours: `node FILE SETTING`, and orders over a socket in its folder. */
import { writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { join } from 'node:path'
import { json } from 'node:stream/consumers'
import type { Order } from '@lockgate/demo/idp'
import type { Home } from './home.ts'
import type { Idp } from './idp.ts'

type Actions = Omit<Idp, 'kind' | 'issuer' | 'ca' | 'authority' | 'client' | 'mfa' | 'people'>

export interface ProgramIdp {
  readonly port: number
  readonly actions: Actions
}

/** Starts `program` with the setting in a file; port 0 is any free one, and stays the same over a restart. */
export async function startProgramIdp(
  home: Home,
  program: string,
  setting: { readonly port: number },
): Promise<ProgramIdp> {
  const start = async (port: number) => {
    const file = join(home.folder, 'setting.json')
    writeFileSync(file, JSON.stringify({ ...setting, port }), { mode: 0o600 })
    const argv = [process.execPath, '--conditions=source', program, file]
    const child = await home.spawn(argv, { env: { NODE_EXTRA_CA_CERTS: home.authority.ca } })
    await child.until((stdout) => stdout.includes('listening'), 30_000)
    return child
  }
  let child = await start(setting.port)
  const port = Number(/listening (\d+)/.exec(child.stdout())?.[1])
  const tell = (order: Order) => askControl(join(home.folder, 'control.sock'), order)
  const actions: Actions = {
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
      child = await start(port)
    },
    stop: async () => {
      await child.stop()
      await home.close()
    },
  }
  return { port, actions }
}

async function askControl(socketPath: string, order: Order): Promise<unknown> {
  const answer = await new Promise<unknown>((resolve, reject) => {
    const asked = request({ socketPath, method: 'POST' }, (response) => json(response).then(resolve, reject))
    asked.on('error', reject)
    asked.end(JSON.stringify(order))
  })
  const { done, error } = answer as { readonly done?: unknown; readonly error?: string }
  if (error !== undefined) throw new Error(`the identity provider, ${order.do}: ${error}`)
  return done
}
