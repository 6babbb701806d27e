/** Looks a secret up where lockgate.yaml says that it is; its value is never written anywhere. */
import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { promisify } from 'node:util'
import type { Secret } from './config.ts'
import { type ErrorCode, LockgateError } from './error.ts'

export interface SecretPlace {
  /** Where the reference stands, for the error: `identity.client.secret`. */
  readonly key: string
  /** Where relative paths and commands begin. */
  readonly dir: string
  readonly env: NodeJS.ProcessEnv
  /** What its lack is: LG3301 for an operator's command, LG3201 for a gateway. */
  readonly code: ErrorCode
}

const run = promisify(execFile)

async function read(reference: Secret, { dir, env }: SecretPlace): Promise<string | undefined> {
  if ('env' in reference) return env[reference.env]
  if ('file' in reference) return readFile(resolve(dir, reference.file), 'utf8')
  const [program = '', ...argv] = reference.command
  return (await run(program, argv, { cwd: dir, env, timeout: 10_000, maxBuffer: 65_536 })).stdout
}

const placeOf = (reference: Secret): string => {
  if ('env' in reference) return `the environment variable ${reference.env}`
  return 'file' in reference ? `the file ${reference.file}` : `the command ${reference.command[0]}`
}

/** Without the line feed at its end. Throws an error of `code` that names the place, never what was read there. */
export async function resolveSecret(reference: Secret, at: SecretPlace): Promise<string> {
  const place = placeOf(reference)
  const value = await read(reference, at).catch((cause: { readonly code?: unknown }) => {
    const because = `${at.key} cannot be read from ${place} on this machine (${String(cause.code ?? 'failed')})`
    throw new LockgateError(at.code, because)
  })
  const text = value?.replace(/\r?\n$/, '')
  if (!text) throw new LockgateError(at.code, `${at.key}: ${place} is empty on this machine; set it there`)
  return text
}
