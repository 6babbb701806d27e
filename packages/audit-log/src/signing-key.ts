/** The Ed25519 key that signs checkpoints: in memory, or in a file of mode 0600. */
import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { open } from 'node:fs/promises'
import { LockgateError } from '@lockgate/model'
import { createFile } from './durable-file.ts'
import { formatVkey } from './vkey.ts'

/** What the writer needs of a key; a command or an agent may sit behind `sign`. */
export interface SigningKey {
  readonly name: string
  readonly vkey: string
  /** The 64 bytes of an Ed25519 signature. */
  sign(bytes: Uint8Array): Promise<Uint8Array> | Uint8Array
}

function signingKeyOf(name: string, privateKey: KeyObject): SigningKey {
  return {
    name,
    vkey: formatVkey(name, createPublicKey(privateKey)),
    sign: (bytes) => sign(null, bytes, privateKey),
  }
}

/** A new key that lives in memory only. The name is what checkpoints are signed as; C2SP suggests the log's origin. */
export const createSigningKey = (name: string): SigningKey =>
  signingKeyOf(name, generateKeyPairSync('ed25519').privateKey)

async function readPrivate(file: string): Promise<string | null> {
  const handle = await open(file, 'r').catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === 'ENOENT') return null
    throw new LockgateError('LG3103', `The log's key ${file} cannot be read: ${cause.message}`, { cause })
  })
  if (handle === null) return null
  try {
    const { mode } = await handle.stat()
    if (process.platform !== 'win32' && (mode & 0o077) !== 0)
      throw new LockgateError('LG3103', `Others may read the log's key ${file}: run chmod 600 on it, or make a new one`)
    return await handle.readFile('utf8')
  } finally {
    await handle.close()
  }
}

function parsePrivate(file: string, pem: string): KeyObject {
  try {
    const key = createPrivateKey(pem)
    if (key.asymmetricKeyType === 'ed25519') return key
    throw new Error(`its type is ${key.asymmetricKeyType}`)
  } catch (cause) {
    const because = (cause as Error).message
    throw new LockgateError('LG3103', `${file} is no Ed25519 private key in PEM (PKCS #8): ${because}`, { cause })
  }
}

/** Reads the key (PEM, PKCS #8), or creates it: of two that create at once, both get the one that was first. */
export async function loadSigningKey(file: string, name: string): Promise<SigningKey> {
  const there = await readPrivate(file)
  if (there !== null) return signingKeyOf(name, parsePrivate(file, there))
  const pem = generateKeyPairSync('ed25519').privateKey.export({ format: 'pem', type: 'pkcs8' })
  await createFile(file, pem, 0o600).catch((cause: Error) => {
    throw new LockgateError('LG3009', `The log's key ${file} cannot be written: ${cause.message}`, { cause })
  })
  return signingKeyOf(name, parsePrivate(file, (await readPrivate(file)) ?? ''))
}
