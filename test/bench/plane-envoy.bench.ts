/** Envoy with the generated configuration against Envoy with a minimal one by hand: requests per CPU-second, alternating, medians. */
import { execFile, spawn, spawnSync } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { parseConfig } from '@lockgate/model'
import { envoy } from '@lockgate/planes'
import { startBackend } from './peers/backend.ts'
import { type Contender, cpuSeconds, waitForPort } from './peers/processes.ts'

const rounds = Number(process.argv[2] ?? 5)
const seconds = Number(process.argv[3] ?? 3)
const basePort = 12_000 + (process.pid % 1_500) * 4
const candidates = ['envoy', process.env.LOCKGATE_ENVOY ?? '', join(homedir(), '.cache/lockgate-lab/envoy')]
const binary = candidates.find((one) => one !== '' && spawnSync(one, ['--version']).status === 0)
const run = promisify(execFile)

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0
const round = (value: number): number => Math.round(value * 1000) / 1000

const type = (name: string) => ({ '@type': `type.googleapis.com/envoy.${name}` })

/** As the quick start of Envoy's documentation has it, its access log included. */
const byHand = (folder: string, port: number, backendPort: number) => ({
  static_resources: {
    listeners: [
      {
        address: { socket_address: { address: '127.0.0.1', port_value: port } },
        filter_chains: [
          {
            filters: [
              {
                name: 'hcm',
                typed_config: {
                  ...type('extensions.filters.network.http_connection_manager.v3.HttpConnectionManager'),
                  stat_prefix: 'ingress_http',
                  access_log: [
                    {
                      name: 'file',
                      typed_config: {
                        ...type('extensions.access_loggers.file.v3.FileAccessLog'),
                        path: join(folder, 'by-hand.log'),
                      },
                    },
                  ],
                  http_filters: [{ name: 'router', typed_config: type('extensions.filters.http.router.v3.Router') }],
                  route_config: {
                    name: 'local_route',
                    virtual_hosts: [
                      {
                        name: 'local_service',
                        domains: ['*'],
                        routes: [{ match: { prefix: '/' }, route: { cluster: 'backend' } }],
                      },
                    ],
                  },
                },
              },
            ],
          },
        ],
      },
    ],
    clusters: [
      {
        name: 'backend',
        load_assignment: {
          cluster_name: 'backend',
          endpoints: [
            {
              lb_endpoints: [
                { endpoint: { address: { socket_address: { address: '127.0.0.1', port_value: backendPort } } } },
              ],
            },
          ],
        },
      },
    ],
  },
})

function generated(folder: string, port: number, backendPort: number): string {
  const settings = parseConfig(`
version: 1
edges: [{ id: front, plane: envoy, via: local, addresses: [127.0.0.1], listen: ["http://127.0.0.1:${port}"], config: ${folder} }]
backends:
  - { id: bench, edge: front, public: "http://bench.test:${port}", upstream: "http://127.0.0.1:${backendPort}",
      host: { via: local, addresses: [127.0.0.1], firewall: { none: benchmark } } }
vantages: [{ id: office, stands: users, via: local }]
`)
  const [edge] = settings.edges
  if (!edge) throw new Error('no edge')
  const { target } = envoy.render({ stage: 'consolidate', edge, backends: settings.backends }, null)
  const file = target.files.find((one) => one.path.endsWith('/validate.yaml'))
  return (file?.content ?? '').replaceAll('"/dev/null"', JSON.stringify(join(folder, 'generated.log')))
}

async function start(file: string, port: number): Promise<Contender> {
  const args = ['-c', file, '--concurrency', '1', '-l', 'error', '--use-dynamic-base-id']
  const child = spawn(binary as string, args, { stdio: 'ignore' })
  const stop = async () => {
    const ended = new Promise((resolve) => child.once('exit', resolve))
    child.kill('SIGKILL')
    await ended
  }
  await waitForPort(port).catch(async (error) => {
    await stop()
    throw error
  })
  return { pid: child.pid as number, port, stop }
}

async function measure({ pid, port }: Contender): Promise<number> {
  const before = await cpuSeconds(pid)
  const url = `http://127.0.0.1:${port}/payslips/2026/11?view=full`
  const args = ['-t1', '-c32', `-d${seconds}s`, '-H', `Host: bench.test:${port}`, '-H', 'User-Agent: Mozilla/5.0', '-H']
  const { stdout } = await run('wrk', [...args, 'Accept: text/html', url], { timeout: (seconds + 20) * 1000 })
  const spent = (await cpuSeconds(pid)) - before
  if (/Non-2xx/.test(stdout)) throw new Error(`requests failed:\n${stdout}`)
  return Number(/(\d+) requests in/.exec(stdout)?.[1] ?? 0) / spent
}

if (!binary) throw new Error('Envoy is not here: put it on PATH or name it in LOCKGATE_ENVOY')
const folder = await mkdtemp(join(tmpdir(), 'lockgate-bench-envoy-'))
const backend = await startBackend(basePort)
const contenders: Contender[] = []
try {
  await writeFile(join(folder, 'ours.json'), generated(folder, basePort + 1, basePort))
  await writeFile(join(folder, 'peer.json'), JSON.stringify(byHand(folder, basePort + 2, basePort)))
  for (const [index, name] of ['ours.json', 'peer.json'].entries())
    contenders.push(await start(join(folder, name), basePort + 1 + index))
  const [ours, peer] = contenders as [Contender, Contender]
  const all = { ours: [] as number[], peer: [] as number[] }
  await measure(ours)
  await measure(peer)
  for (let index = 0; index < rounds; index++) {
    if (index % 2 === 0) all.ours.push(await measure(ours))
    all.peer.push(await measure(peer))
    if (index % 2 === 1) all.ours.push(await measure(ours))
  }
  const [mine, theirs] = [median(all.ours), median(all.peer)]
  const line = { ours: round(mine), peer: round(theirs), ratio: round(mine / theirs), unit: 'requests per CPU-second' }
  console.log(JSON.stringify({ name: 'plane-envoy', ...line }))
} finally {
  for (const one of contenders) await one.stop()
  await backend.stop()
  await rm(folder, { recursive: true, force: true })
}
