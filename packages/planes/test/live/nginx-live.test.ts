/** The generated configuration in a real nginx. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, test } from 'vitest'
import { nginx } from '../../src/nginx/nginx.ts'
import { edgeCases } from './edge-cases.ts'
import { type EngineKind, type LiveEdge, startLiveEdge } from './live-edge.ts'
import { run } from './run-engine.ts'

export const nginxKind = (): EngineKind => ({
  plane: nginx,
  version: nginx.readVersion(run(nginx.versionArgv as readonly string[]).output) ?? '',
  main: (root, folder) => {
    const file = join(root, 'nginx.conf')
    const text = `daemon off;\npid ${root}/nginx.pid;\nerror_log ${root}/error.log;\nworker_processes 1;\nevents { worker_connections 512; }\nhttp { access_log off; include ${folder}/*.conf; }\n`
    writeFileSync(file, text)
    const base = ['nginx', '-c', file]
    return { start: base, test: [...base, '-t'], reload: [...base, '-s', 'reload'] }
  },
})

describe('nginx', () => {
  let edge: LiveEdge
  beforeAll(async () => {
    edge = await startLiveEdge(nginxKind())
  })
  afterAll(() => edge?.stop())
  for (const one of edgeCases) test(`${one.feature}: ${one.title}`, () => one.run(edge))
})
