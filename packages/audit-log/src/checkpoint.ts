/** C2SP tlog-checkpoint: a signed note that commits to a tree's size and root. */
import { verify } from 'node:crypto'
import { LockgateError } from '@lockgate/model'
import type { SigningKey } from './signing-key.ts'
import { parseVkey } from './vkey.ts'

/** What a checkpoint signs: whose log, how many records, and their root. */
export interface TreeHead {
  readonly origin: string
  readonly size: number
  /** 32 bytes. */
  readonly root: Uint8Array
}

/** One signature line of a C2SP signed note. */
export interface NoteSignature {
  readonly name: string
  /** 8 hexadecimal digits. */
  readonly id: string
  readonly signature: Uint8Array
}

/** A checkpoint as it was read; `verifyCheckpoint` says whether to believe it. */
export interface Checkpoint extends TreeHead {
  readonly extensions: readonly string[]
  readonly signatures: readonly NoteSignature[]
  /** What is signed: the text up to the blank line, with its last line feed. */
  readonly body: string
}

const malformed = (because: string): LockgateError =>
  new LockgateError(
    'LG3101',
    `Not a checkpoint: ${because}. Take the log's checkpoint file as it is, to its last line feed`,
  )

function strictBase64(text: string): Buffer | null {
  const bytes = Buffer.from(text, 'base64')
  return bytes.toString('base64') === text ? bytes : null
}

function parseSignature(line: string): NoteSignature {
  const [, name, base64] = /^— ([^\s+]+) (\S+)$/.exec(line) ?? []
  const bytes = base64 === undefined ? null : strictBase64(base64)
  if (name === undefined || bytes === null || bytes.length < 5) throw malformed('a signature line is malformed')
  return { name, id: bytes.toString('hex', 0, 4), signature: bytes.subarray(4) }
}

/** Reads a checkpoint without checking any signature. Throws LG3101 when it is malformed. */
export function parseCheckpoint(text: string): Checkpoint {
  if (text.length > 1_000_000 || !text.endsWith('\n') || /[^\P{Cc}\n]/u.test(text))
    throw malformed('it is cut off or holds control characters')
  const split = text.lastIndexOf('\n\n')
  if (split < 0) throw malformed('it has no signature')
  const body = text.slice(0, split + 1)
  const [origin = '', size = '', root64 = '', ...extensions] = body.slice(0, -1).split('\n')
  const root = strictBase64(root64)
  if (origin === '') throw malformed('it names no origin')
  if (!/^(?:0|[1-9]\d{0,15})$/.test(size) || !Number.isSafeInteger(Number(size)))
    throw malformed('its size is no number')
  if (root?.length !== 32) throw malformed('its root is no base64 of 32 bytes')
  if (extensions.includes('')) throw malformed('it has an empty line in its text')
  const signatures = text
    .slice(split + 2, -1)
    .split('\n')
    .map(parseSignature)
  return { origin, size: Number(size), root, extensions, signatures, body }
}

/** The text that is signed. */
export function checkpointBody({ origin, size, root }: TreeHead): string {
  if (origin === '' || /\p{Cc}/u.test(origin))
    throw new LockgateError('LG3103', `A log's origin must be one line of text: ${JSON.stringify(origin)}`)
  return `${origin}\n${size}\n${Buffer.from(root).toString('base64')}\n`
}

/** Gives the signed note. Throws LG3103 when the signature that the key gives does not belong to its vkey. */
export type CheckpointSigner = (head: TreeHead) => Promise<string>

export function checkpointSigner(key: SigningKey): CheckpointSigner {
  const { name, id, publicKey } = parseVkey(key.vkey)
  return async (head) => {
    const body = checkpointBody(head)
    const bytes = Buffer.from(body)
    const signature = await key.sign(bytes)
    if (!verify(null, bytes, publicKey, signature))
      throw new LockgateError('LG3103', `The signer of ${name} gave a signature that is not of its key ${key.vkey}`)
    const line = Buffer.concat([Buffer.from(id, 'hex'), signature]).toString('base64')
    return `${body}\n— ${name} ${line}\n`
  }
}

/** One signed note; see checkpointSigner. */
export const formatCheckpoint = async (head: TreeHead, key: SigningKey): Promise<string> => checkpointSigner(key)(head)

/** Whether a checkpoint is signed by a key; if not, why. */
export type CheckpointVerdict =
  | { readonly valid: true; readonly checkpoint: Checkpoint }
  | { readonly valid: false; readonly because: string }

/** Says whether the checkpoint carries a signature of that key. Throws only for a malformed vkey. */
export function verifyCheckpoint(text: string, vkey: string): CheckpointVerdict {
  const key = parseVkey(vkey)
  try {
    const checkpoint = parseCheckpoint(text)
    const ours = checkpoint.signatures.filter((one) => one.name === key.name && one.id === key.id)
    if (ours.length === 0) return { valid: false, because: `the checkpoint is not signed by ${key.name}+${key.id}` }
    const body = Buffer.from(checkpoint.body)
    const valid = ours.every((one) => verify(null, body, key.publicKey, one.signature))
    if (!valid)
      return { valid: false, because: `the signature of ${key.name}+${key.id} does not belong to the checkpoint` }
    return { valid: true, checkpoint }
  } catch (cause) {
    if (cause instanceof LockgateError) return { valid: false, because: cause.message }
    throw cause
  }
}
