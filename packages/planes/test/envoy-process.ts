/** A real Envoy for tests, set up as its operator would: two empty resource files that Lockgate then replaces. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { request as requestTls } from 'node:https'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Target } from '@lockgate/model'

/** PATH first, then $LOCKGATE_ENVOY, then where the lab's installation puts it; null where there is none. */
export function findEnvoy(): string | null {
  const candidates = ['envoy', process.env.LOCKGATE_ENVOY ?? '', join(homedir(), '.cache/lockgate-lab/envoy')]
  return candidates.find((one) => one !== '' && spawnSync(one, ['--version']).status === 0) ?? null
}

const source = (folder: string, name: string) => ({
  resource_api_version: 'V3',
  path_config_source: { path: `${folder}/${name}`, watched_directory: { path: folder } },
})

export interface RunningEnvoy {
  readonly folder: string
  readonly child: ChildProcess
  /** Moves the files into place in their order and waits until each listener answers with the generation. */
  put(target: Target): Promise<void>
  close(): Promise<void>
}

export const emptyFolder = (): string => mkdtempSync(join(tmpdir(), 'lockgate-envoy-'))

function ask(url: string, host: string): Promise<string> {
  return new Promise((resolve) => {
    const options = { headers: { host }, agent: false, timeout: 500, servername: host, rejectUnauthorized: false }
    const asked = (url.startsWith('https:') ? requestTls : request)(url, options, (answer) => {
      const chunks: Buffer[] = []
      answer.on('data', (chunk) => chunks.push(chunk)).on('end', () => resolve(Buffer.concat(chunks).toString()))
    })
    asked.on('error', (error) => resolve(error.message)).on('timeout', () => asked.destroy())
    asked.end()
  })
}

export async function proven(target: Target): Promise<void> {
  const { proof } = target
  if (proof?.kind !== 'http') throw new Error('no proof by http')
  for (const url of proof.urls) {
    const until = Date.now() + 10_000
    while ((await ask(url, proof.host)) !== proof.expect) {
      if (Date.now() > until) throw new Error(`${url} never answered with ${proof.expect}`)
      await sleep(30)
    }
  }
}

function putFiles(target: Target): void {
  for (const file of [...target.files].sort((a, b) => a.order - b.order)) {
    writeFileSync(`${file.path}.new`, file.content)
    renameSync(`${file.path}.new`, file.path)
  }
}

export function startEnvoy(binary: string, folder: string, cores = 1): RunningEnvoy {
  for (const name of ['lds.yaml', 'cds.yaml']) writeFileSync(join(folder, name), '{"resources": []}\n')
  mkdirSync(join(folder, 'main'))
  const bootstrap = join(folder, 'main/envoy.yaml')
  const dynamic_resources = { lds_config: source(folder, 'lds.yaml'), cds_config: source(folder, 'cds.yaml') }
  writeFileSync(bootstrap, JSON.stringify({ node: { id: 'front', cluster: 'front' }, dynamic_resources }))
  const args = [
    '-c',
    bootstrap,
    '-l',
    process.env.LEVEL ?? 'error',
    '--concurrency',
    String(cores),
    '--use-dynamic-base-id',
  ]
  const child = spawn(binary, args, { stdio: ['ignore', 'inherit', 'inherit'] })
  return {
    folder,
    child,
    put: async (target) => {
      putFiles(target)
      await proven(target)
    },
    close: async () => {
      if (child.exitCode === null && child.signalCode === null) {
        child.kill('SIGTERM')
        await once(child, 'exit')
      }
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
