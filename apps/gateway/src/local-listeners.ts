/** The listeners that engines of this host ask: loopback, or Unix sockets that their group may use. */
import { execFile } from 'node:child_process'
import { chmod, chown, rm, stat } from 'node:fs/promises'
import { connect } from 'node:net'
import { dirname } from 'node:path'
import { promisify } from 'node:util'
import type { GatewayConfig } from '@lockgate/model'
import type { EngineJoint, ListenOn } from '@lockgate/proxy-core'

function listenerOf(written: string, engine: EngineJoint): ListenOn {
  const common = { scheme: 'http', engine } as const
  if (written.startsWith('unix:')) return { ...common, host: 'engine', port: 0, socket: written.slice('unix:'.length) }
  const [, host = '', port] = /^\[?([^\]]+)\]?:(\d+)$/.exec(written) ?? []
  return { ...common, host, port: Number(port) }
}

export const localListeners = ({ identity }: GatewayConfig, engine: EngineJoint): readonly ListenOn[] =>
  (identity?.decide ?? []).map((one) => listenerOf(one, engine))

const run = promisify(execFile)

/**
 * To the named group, or that of the socket's folder. Rejects where root finds no such group. A gateway that is not root can give
 * only a group of its own: then it stays closed to the others, which `onClosed` is told.
 */
async function giveToGroup(
  path: string,
  socket: string,
  group: string | undefined,
  onClosed: (because: string) => void,
): Promise<void> {
  const isRoot = process.getuid?.() === 0
  if (group === undefined) {
    const { gid } = await stat(dirname(socket))
    if (isRoot) await chown(path, 0, gid)
    return
  }
  await run('chgrp', ['--', group, path]).catch((cause: Error & { stderr?: string }) => {
    const because = `its group ${group}: ${cause.stderr?.trim() || cause.message}`
    if (isRoot) throw new Error(because)
    onClosed(because)
  })
}

/** Only its group may ask, and root. */
export async function admitEngines(
  socket: string,
  group: string | undefined,
  onClosed: (because: string) => void,
): Promise<void> {
  await chmod(socket, 0o660)
  await giveToGroup(socket, socket, group, onClosed)
}

/** To whoever may ask over the first socket; a gateway that is asked on loopback alone gives it to nobody without a named group. */
export async function giveToEngines(
  path: string,
  { identity }: GatewayConfig,
  onClosed: (because: string) => void,
): Promise<void> {
  const socket = identity?.decide.find((one) => one.startsWith('unix:'))?.slice('unix:'.length) ?? path
  await giveToGroup(path, socket, identity?.group, onClosed)
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
