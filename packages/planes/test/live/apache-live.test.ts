/** The generated configuration in a real Apache httpd. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, test } from 'vitest'
import { apache } from '../../src/apache/apache.ts'
import { edgeCases } from './edge-cases.ts'
import { type EngineKind, type LiveEdge, startLiveEdge } from './live-edge.ts'
import { run } from './run-engine.ts'

const modules = ['mpm_event', 'authz_core', 'proxy', 'proxy_http', 'headers', 'rewrite', 'setenvif', 'unique_id', 'ssl']

/** What an operator has: modules, a user, where to listen, and the folder. */
export const apacheMain = (root: string, folder: string, listens: readonly string[]): string =>
  [
    `ServerRoot ${root}`,
    `PidFile ${root}/pid`,
    `DefaultRuntimeDir ${root}`,
    `ErrorLog ${root}/error.log`,
    'ServerName edge.invalid',
    'User www-data',
    'Group www-data',
    'KeepAliveTimeout 2',
    ...modules.map((one) => `LoadModule ${one}_module /usr/lib/apache2/modules/mod_${one}.so`),
    ...listens.map((one) => `Listen ${one}`),
    `IncludeOptional ${folder}/*.conf`,
    '',
  ].join('\n')

export const apacheKind = (): EngineKind => ({
  plane: apache,
  version: apache.readVersion(run(['apache2', '-v']).output) ?? '',
  main: (root, folder, ports) => {
    const file = join(root, 'httpd.conf')
    const listens = [ports.http, ports.https].flatMap((port) => [`127.0.0.1:${port}`, `[::1]:${port}`])
    writeFileSync(file, apacheMain(root, folder, listens))
    const base = ['apache2', '-f', file]
    return { start: [...base, '-DFOREGROUND'], test: [...base, '-t'], reload: [...base, '-k', 'graceful'] }
  },
})

describe('apache', () => {
  let edge: LiveEdge
  beforeAll(async () => {
    edge = await startLiveEdge(apacheKind())
  })
  afterAll(() => edge?.stop())
  for (const one of edgeCases) test(`${one.feature}: ${one.title}`, () => one.run(edge))
})
