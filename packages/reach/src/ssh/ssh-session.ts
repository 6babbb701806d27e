/** A way to a host by ssh: logs in, through a jump host where one is named, and logs in again for side connections. */
import { homedir, userInfo } from 'node:os'
import { isAbsolute, join, resolve } from 'node:path'
import type { Duplex } from 'node:stream'
import { LockgateError } from '@lockgate/model'
import type { Client } from 'ssh2'
import { tcpConnect } from '../tcp-connect.ts'
import { type SshVia, sshAddress, viaLabel } from '../via-name.ts'
import { forward } from './ssh-forward.ts'
import { loginMeans } from './ssh-keys.ts'
import { type LoginTarget, sshLogin } from './ssh-login.ts'

export interface SshSession {
  readonly label: string
  readonly client: Client
  /** Another connection to the same host, for work that may clog it. */
  another(): Promise<Client>
  /** Sentence on why nothing can be asked any more, or null. */
  lost(): string | null
  close(): Promise<void>
}

const connectMs = 15_000

async function targets(via: SshVia, baseDir: string): Promise<{ host: LoginTarget; jump: LoginTarget | null }> {
  const home = homedir()
  const path = (value: string): string => {
    if (value === '~' || value.startsWith('~/')) return join(home, value.slice(1))
    return isAbsolute(value) ? value : resolve(baseDir, value)
  }
  const knownHostsFiles = via['known-hosts']
    ? [path(via['known-hosts'])]
    : [join(home, '.ssh/known_hosts'), '/etc/ssh/ssh_known_hosts']
  const means = await loginMeans(via.key ? path(via.key) : null, home, process.env.SSH_AUTH_SOCK).catch((cause) => {
    if (!(cause instanceof LockgateError)) throw cause
    throw new LockgateError(cause.code, `${viaLabel(via)}: ${cause.message}`, { cause })
  })
  const target = (text: string, label: string, port?: number): LoginTarget => {
    const address = sshAddress(text)
    const user = address.user ?? userInfo().username
    return { label, user, host: address.host, port: port ?? address.port ?? 22, knownHostsFiles, means }
  }
  const label = viaLabel(via)
  return {
    host: target(via.ssh, label, via.port),
    jump: via.jump === undefined ? null : target(via.jump, `${label}: jump host ${via.jump}`),
  }
}

function notReached(target: LoginTarget, outcome: string, detail: string): LockgateError {
  return new LockgateError('LG3001', `${target.label}: ${target.host} port ${target.port} is ${outcome}: ${detail}`)
}

async function direct(target: LoginTarget, signal?: AbortSignal): Promise<Duplex> {
  const got = await tcpConnect(target, { timeoutMs: connectMs, signal })
  if (got.outcome !== 'connected') throw notReached(target, got.outcome, got.detail)
  got.socket.setNoDelay(true)
  return got.socket
}

async function through(jump: Client, target: LoginTarget, signal?: AbortSignal): Promise<Duplex> {
  const got = await forward(jump, target, { timeoutMs: connectMs, signal })
  if (got.outcome !== 'connected') throw notReached(target, `${got.outcome} from the jump host`, got.detail)
  return got.socket
}

function ended(client: Client): Promise<void> {
  return new Promise((done) => {
    const timer = setTimeout(() => {
      client.destroy()
      done()
    }, 2_000)
    client.once('close', () => {
      clearTimeout(timer)
      done()
    })
    client.end()
  })
}

export async function sshSession(via: SshVia, baseDir: string, signal?: AbortSignal): Promise<SshSession> {
  const { host, jump } = await targets(via, baseDir)
  const jumpClient = jump && (await sshLogin(jump, await direct(jump, signal), signal))
  const login = async (): Promise<Client> =>
    sshLogin(host, await (jumpClient ? through(jumpClient, host, signal) : direct(host, signal)), signal)
  const client = await login().catch((error) => {
    jumpClient?.destroy()
    throw error
  })
  let closed = false
  let broken = false
  client.once('close', () => {
    broken = true
  })
  return {
    label: host.label,
    client,
    another: login,
    lost: () => {
      if (closed) return `${host.label} is closed already`
      return broken ? `${host.label}: the ssh connection was lost; run the command again` : null
    },
    async close() {
      closed = true
      if (!broken) await ended(client)
      if (jumpClient) await ended(jumpClient)
    },
  }
}
