/** The listeners that engines of this host ask: loopback, or Unix sockets that their group may use. */
import { chmod, chown, rm, stat } from 'node:fs/promises'
import { connect } from 'node:net'
import { dirname } from 'node:path'
import type { GatewayConfig } from '@lockgate/model'
import type { EngineJoint, ListenOn, ReverseProxy } from '@lockgate/proxy-core'

function listenerOf(written: string, engine: EngineJoint): ListenOn {
  const common = { scheme: 'http', engine } as const
  if (written.startsWith('unix:')) return { ...common, host: 'engine', port: 0, socket: written.slice('unix:'.length) }
  const [, host = '', port] = /^\[?([^\]]+)\]?:(\d+)$/.exec(written) ?? []
  return { ...common, host, port: Number(port) }
}

export const localListeners = ({ identity }: GatewayConfig, engine: EngineJoint): readonly ListenOn[] =>
  (identity?.decide ?? []).map((one) => listenerOf(one, engine))

/** The group of its folder, so that whoever sets the folder up says which engine may ask. */
export async function listenForEngines(proxy: ReverseProxy, on: ListenOn): Promise<void> {
  await proxy.listen(on)
  if (on.socket === undefined) return
  await chmod(on.socket, 0o660)
  const { gid } = await stat(dirname(on.socket))
  if (process.getuid?.() === 0) await chown(on.socket, 0, gid)
}

const answers = (path: string): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(path)
    socket.on('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.on('error', () => resolve(false))
  })

/** A socket file that a killed gateway left behind is in the way of the next one. Call it in one process, before anything binds. */
export async function removeStaleSockets({ identity }: GatewayConfig): Promise<void> {
  for (const written of identity?.decide ?? []) {
    const path = written.startsWith('unix:') ? written.slice('unix:'.length) : null
    const found = path === null ? null : await stat(path).catch(() => null)
    if (path !== null && found?.isSocket() && !(await answers(path))) await rm(path, { force: true })
  }
}
