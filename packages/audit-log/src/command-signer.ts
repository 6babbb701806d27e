/** A signing key that stays behind a command, such as one that asks an agent or a hardware token. */
import { spawn } from 'node:child_process'
import { LockgateError } from '@lockgate/model'
import type { SigningKey } from './signing-key.ts'
import { parseVkey } from './vkey.ts'

const timeoutMs = 30_000

function run(argv: readonly string[], input: Uint8Array): Promise<Buffer> {
  const [program = '', ...rest] = argv
  return new Promise((resolve, reject) => {
    const fail = (because: string, cause?: unknown) =>
      reject(new LockgateError('LG3103', `The signing command ${program} ${because}`, { cause }))
    const child = spawn(program, rest, { stdio: ['pipe', 'pipe', 'inherit'], timeout: timeoutMs })
    const chunks: Buffer[] = []
    child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk))
    child.on('error', (cause) => fail(`cannot run: ${cause.message}`, cause))
    child.on('close', (code, signal) =>
      code === 0 ? resolve(Buffer.concat(chunks)) : fail(`ended with ${signal ?? `exit code ${code}`}`),
    )
    // A command that never reads its input ends with its own exit code; that is the error to tell.
    child.stdin.on('error', () => undefined)
    child.stdin.end(input)
  })
}

function signatureIn(output: Buffer, program: string): Uint8Array {
  if (output.length === 64) return output
  const decoded = Buffer.from(output.toString('latin1').trim(), 'base64')
  if (decoded.length === 64) return decoded
  throw new LockgateError('LG3103', `The signing command ${program} must print 64 bytes, raw or as base64`)
}

/**
 * Runs argv for every checkpoint: what to sign comes on its standard input, the 64 bytes of the Ed25519 signature are expected on its
 * standard output, raw or as base64. The writer checks each against `vkey` before it uses it.
 */
export function commandSigner(argv: readonly string[], vkey: string): SigningKey {
  const { name } = parseVkey(vkey)
  return { name, vkey: vkey.trim(), sign: async (bytes) => signatureIn(await run(argv, bytes), argv[0] ?? '') }
}
