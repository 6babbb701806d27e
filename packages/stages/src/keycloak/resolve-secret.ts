/** Looks a secret up on the operator's machine, where lockgate.yaml says it is; its value is never written anywhere. */
import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { promisify } from 'node:util'
import { LockgateError, type Secret } from '@lockgate/model'

const run = promisify(execFile)

async function read(reference: Secret, dir: string): Promise<string | undefined> {
  if ('env' in reference) return process.env[reference.env]
  if ('file' in reference) return readFile(resolve(dir, reference.file), 'utf8')
  const [program = '', ...argv] = reference.command
  return (await run(program, argv, { cwd: dir, timeout: 10_000, maxBuffer: 65_536 })).stdout
}

const placeOf = (reference: Secret): string => {
  if ('env' in reference) return `the environment variable ${reference.env}`
  return 'file' in reference ? `the file ${reference.file}` : `the command ${reference.command[0]}`
}

/**
 * Without the line feed at its end. Paths and commands begin at `dir`, the folder of lockgate.yaml. `key`: where the
 * reference stands. Throws LG3301, which names the place and never what was read there.
 */
export async function resolveSecret(reference: Secret, key: string, dir: string): Promise<string> {
  const place = placeOf(reference)
  const value = await read(reference, dir).catch((cause: { readonly code?: unknown }) => {
    throw new LockgateError(
      'LG3301',
      `${key} cannot be read from ${place} on this machine (${String(cause.code ?? 'failed')})`,
    )
  })
  const text = value?.replace(/\r?\n$/, '')
  if (!text) throw new LockgateError('LG3301', `${key}: ${place} is empty on this machine; set it there`)
  return text
}
