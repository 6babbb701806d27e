/** One authenticated ssh connection, its host key checked before anything is said. */
import { readFile } from 'node:fs/promises'
import type { Duplex } from 'node:stream'
import { LockgateError } from '@lockgate/model'
import ssh2, { type AnyAuthMethod, type Client, type ConnectConfig, type ServerHostKeyAlgorithm } from 'ssh2'
import { interrupted } from '../run-process.ts'
import { hostKeyError } from './host-key-error.ts'
import {
  judgeHostKey,
  type KnownHost,
  knownHostName,
  knownKeys,
  parseKnownHosts,
  signatureOrder,
} from './known-hosts.ts'
import { describeMeans, type LoginMeans } from './ssh-keys.ts'

export interface LoginTarget {
  readonly label: string
  readonly user: string
  readonly host: string
  readonly port: number
  /** The first is where a new line would go. */
  readonly knownHostsFiles: readonly string[]
  readonly means: LoginMeans
}

const readyMs = 20_000

async function readKnownHosts(files: readonly string[]): Promise<readonly KnownHost[]> {
  const texts = await Promise.all(
    files.map((file) =>
      readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOENT') return ''
        throw new LockgateError('LG3002', `${file} cannot be read: ${error.message}`, { cause: error })
      }),
    ),
  )
  return texts.flatMap(parseKnownHosts)
}

function authMethods({ user, means }: LoginTarget): AnyAuthMethod[] {
  const agent: AnyAuthMethod[] = means.agent ? [{ type: 'agent', username: user, agent: means.agent }] : []
  const keys = means.keys.map(({ text }): AnyAuthMethod => ({ type: 'publickey', username: user, key: text }))
  return [...keys, ...agent]
}

function loginError(target: LoginTarget, error: Error & { level?: string }): LockgateError {
  if (error instanceof LockgateError) return error
  const by: Readonly<Record<string, string>> = {
    'client-authentication': `the host accepted none of: ${describeMeans(target.means)}. \`ssh -p ${target.port} ${target.user}@${target.host} true\` shows whether ssh itself gets in`,
    'client-timeout': `no ssh greeting within ${readyMs / 1_000} s; is that an ssh port?`,
    'client-socket': `the connection broke: ${error.message}`,
  }
  return new LockgateError('LG3001', `${target.label}: ${by[error.level ?? ''] ?? error.message}`, { cause: error })
}

function configOf(target: LoginTarget, sock: Duplex, known: readonly KnownHost[]): ConnectConfig {
  return {
    sock,
    username: target.user,
    algorithms: { serverHostKey: [...signatureOrder(known)] as ServerHostKeyAlgorithm[] },
    authHandler: authMethods(target),
    readyTimeout: readyMs,
    keepaliveInterval: 10_000,
    keepaliveCountMax: 3,
  }
}

/** `sock` is an open connection to the server; it is closed with the client. */
export async function sshLogin(target: LoginTarget, sock: Duplex, signal?: AbortSignal): Promise<Client> {
  const { label } = target
  const name = knownHostName(target.host, target.port)
  const known = knownKeys(await readKnownHosts(target.knownHostsFiles), name)
  const client = new ssh2.Client()
  // Every channel that is being opened listens for the end of the connection.
  client.setMaxListeners(0)
  return new Promise((resolve, reject) => {
    let refused: LockgateError | null = null
    const hostVerifier = (key: Buffer): boolean => {
      const verdict = judgeHostKey(known, key)
      if (verdict === 'known') return true
      refused = hostKeyError(verdict, { label, name, key, file: target.knownHostsFiles[0] ?? 'known_hosts' })
      return false
    }
    const aborted = (): void => fail(interrupted(signal as AbortSignal))
    const fail = (error: Error): void => {
      signal?.removeEventListener('abort', aborted)
      client.destroy()
      sock.destroy()
      reject(refused ?? loginError(target, error))
    }
    if (signal?.aborted) return aborted()
    signal?.addEventListener('abort', aborted, { once: true })
    // Stays for good: a connection that breaks later is noticed by `close`, and must not end the process.
    client.on('error', fail)
    client.once('close', () => fail(new Error('the host closed the connection')))
    client.once('ready', () => {
      signal?.removeEventListener('abort', aborted)
      resolve(client)
    })
    client.connect({ ...configOf(target, sock, known), hostVerifier })
  })
}
