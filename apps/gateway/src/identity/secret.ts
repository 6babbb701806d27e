/** Looks a secret up where the configuration says it is; its value is never written anywhere. */
import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { promisify } from 'node:util'
import { type GatewayIdentity, LockgateError } from '@lockgate/model'

type Reference = NonNullable<GatewayIdentity['client']['secret']>

const run = promisify(execFile)

async function read(reference: Reference, env: NodeJS.ProcessEnv): Promise<string | undefined> {
  if ('env' in reference) return env[reference.env]
  if ('file' in reference) return readFile(reference.file, 'utf8')
  const [program, ...argv] = reference.command
  return (await run(program as string, argv, { timeout: 10_000, maxBuffer: 65_536 })).stdout
}

const placeOf = (reference: Reference): string => {
  if ('env' in reference) return `the environment variable ${reference.env}`
  return 'file' in reference ? `the file ${reference.file}` : `the command ${reference.command[0]}`
}

/** Without the line feed at its end. An error names the place, never what was read there (LG3201). */
export async function resolveSecret(reference: Reference, env: NodeJS.ProcessEnv): Promise<string> {
  const because = `the client's secret cannot be read from ${placeOf(reference)} on this host`
  const value = await read(reference, env).catch((error: { code?: unknown }) => {
    throw new LockgateError('LG3201', `${because} (${String(error.code ?? 'failed')}); set identity.client.secret`)
  })
  const text = value?.replace(/\r?\n$/, '')
  if (!text) throw new LockgateError('LG3201', `${because}: it is empty; set it where the gateway runs`)
  return text
}
