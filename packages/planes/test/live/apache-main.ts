/** Apache httpd as an operator runs it, in a temporary folder. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { apache } from '../../src/apache/apache.ts'
import type { EngineKind } from './live-edge.ts'
import { run } from './run-engine.ts'

const modules = ['mpm_event', 'authz_core', 'proxy', 'proxy_http', 'headers', 'rewrite', 'setenvif', 'unique_id', 'ssl']

interface Main {
  readonly listens: readonly string[]
  readonly without?: string
  readonly before?: string
  readonly after?: string
}

export function writeApacheMain(root: string, folder: string, main: Main): readonly string[] {
  const file = join(root, 'httpd.conf')
  const lines = [
    `ServerRoot ${root}`,
    `PidFile ${root}/pid`,
    `DefaultRuntimeDir ${root}`,
    `ErrorLog ${root}/error.log`,
    'ServerName edge.invalid',
    'User www-data',
    'Group www-data',
    'KeepAliveTimeout 2',
    ...modules
      .filter((one) => one !== main.without)
      .map((one) => `LoadModule ${one}_module /usr/lib/apache2/modules/mod_${one}.so`),
    ...main.listens.map((one) => `Listen ${one}`),
    main.before ?? '',
    `IncludeOptional ${folder}/*.conf`,
    main.after ?? '',
  ]
  writeFileSync(file, `${lines.join('\n')}\n`)
  return ['apache2', '-f', file]
}

export const apacheVersion = (): string => apache.readVersion(run(['apache2', '-v']).output) ?? ''

export const apacheKind = (): EngineKind => ({
  plane: apache,
  version: apacheVersion(),
  main: (root, folder, ports) => {
    const listens = [ports.http, ports.https].flatMap((port) => [`127.0.0.1:${port}`, `[::1]:${port}`])
    const base = writeApacheMain(root, folder, { listens })
    return { start: [...base, '-DFOREGROUND'], test: [...base, '-t'], reload: [...base, '-k', 'graceful'] }
  },
})
