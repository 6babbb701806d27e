/** nginx as an operator runs it, in a temporary folder. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { nginx } from '../../src/nginx/nginx.ts'
import type { EngineKind } from './live-edge.ts'
import { run } from './run-engine.ts'

/** `before` and `after` stand in `http {}` around the include of the folder. */
export function writeNginxMain(root: string, folder: string, before = '', after = ''): readonly string[] {
  const file = join(root, 'nginx.conf')
  const head = `daemon off;\npid ${root}/nginx.pid;\nerror_log ${root}/error.log;\nworker_processes 1;\n`
  const http = `access_log off;\n${before}\ninclude ${folder}/*.conf;\n${after}`
  writeFileSync(file, `${head}events { worker_connections 512; }\nhttp {\n${http}\n}\n`)
  return ['nginx', '-c', file]
}

export const nginxVersion = (): string => nginx.readVersion(run(nginx.versionArgv as readonly string[]).output) ?? ''

export const nginxKind = (): EngineKind => ({
  plane: nginx,
  version: nginxVersion(),
  main: (root, folder) => {
    const base = writeNginxMain(root, folder)
    return { start: base, test: [...base, '-t'], reload: [...base, '-s', 'reload'] }
  },
})
