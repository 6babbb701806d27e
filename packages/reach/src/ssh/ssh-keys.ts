/** Gathers what this person can log in with: the agent, key files. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { LockgateError } from '@lockgate/model'
import ssh2 from 'ssh2'

export interface LoginMeans {
  /** Path of the agent's socket. */
  readonly agent: string | null
  readonly keys: readonly { readonly file: string; readonly text: string }[]
  /** Key files that only an agent could open. */
  readonly encrypted: readonly string[]
}

const usualNames = ['id_ed25519', 'id_ecdsa', 'id_rsa'] as const

type KeyState = { readonly text: string } | 'missing' | 'encrypted'

async function stateOf(file: string): Promise<KeyState> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null
    throw new LockgateError('LG3001', `the key ${file} cannot be read: ${error.message}`, { cause: error })
  })
  if (text === null) return 'missing'
  const parsed = ssh2.utils.parseKey(text)
  if (!(parsed instanceof Error)) return { text }
  if (/encrypted|passphrase/i.test(parsed.message)) return 'encrypted'
  throw new LockgateError('LG3001', `${file} is not a private key that can be read: ${parsed.message}`)
}

/** `key` is an absolute path; null means the usual files in `home`/.ssh. */
export async function loginMeans(key: string | null, home: string, agent: string | undefined): Promise<LoginMeans> {
  const files = key === null ? usualNames.map((name) => join(home, '.ssh', name)) : [key]
  const states = await Promise.all(files.map(async (file) => ({ file, state: await stateOf(file) })))
  if (key !== null && states[0]?.state === 'missing')
    throw new LockgateError('LG3001', `there is no key ${key}; correct \`key\` in lockgate.yaml`)
  const encrypted = states.flatMap(({ file, state }) => (state === 'encrypted' ? [file] : []))
  const keys = states.flatMap(({ file, state }) => (typeof state === 'object' ? [{ file, text: state.text }] : []))
  const means = { agent: agent || null, keys, encrypted }
  if (keys.length > 0 || means.agent) return means
  const hint = encrypted.length > 0 ? `${encrypted[0]} is encrypted: ` : `there is no key in ${join(home, '.ssh')}: `
  throw new LockgateError(
    'LG3001',
    `${hint}start an agent and add the key to it (eval "$(ssh-agent)"; ssh-add ${encrypted[0] ?? 'KEY'})`,
  )
}

export function describeMeans(means: LoginMeans): string {
  const named = [...(means.agent ? ['the agent'] : []), ...means.keys.map(({ file }) => file)].join(', ')
  if (means.encrypted.length === 0) return named
  return `${named} (not ${means.encrypted.join(', ')}, encrypted: ssh-add adds it to the agent)`
}
