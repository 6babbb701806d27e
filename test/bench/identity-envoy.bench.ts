/** Stage identity on Envoy: the pass with plain headers and the assertion, against a minimal Envoy by hand and against itself before. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { envoyPath, type KeyPair } from '../lab/index.ts'
import { type Contender, compare, type IdentityStand, report, startIdentityStand } from './identity-stand.ts'
import { waitForPort } from './peers/processes.ts'

const rounds = Number(process.argv[2] ?? 5)
const seconds = Number(process.argv[3] ?? 3)
const basePort = 13_000 + (process.pid % 1_000) * 8

const extension = (name: string, type: string, fields: object = {}) => ({
  name,
  typed_config: { '@type': `type.googleapis.com/envoy.extensions.${type}`, ...fields },
})
const address = (port: number) => ({ socket_address: { address: '127.0.0.1', port_value: port } })

/** As the quick start of Envoy's documentation has it, its access log included, with TLS. */
const byHand = (home: string, port: number, backendPort: number, { certificate, key }: KeyPair) => ({
  static_resources: {
    listeners: [
      {
        address: address(port),
        filter_chains: [
          {
            transport_socket: extension('tls', 'transport_sockets.tls.v3.DownstreamTlsContext', {
              common_tls_context: {
                tls_certificates: [{ certificate_chain: { filename: certificate }, private_key: { filename: key } }],
              },
            }),
            filters: [
              extension('hcm', 'filters.network.http_connection_manager.v3.HttpConnectionManager', {
                stat_prefix: 'ingress_http',
                access_log: [
                  extension('file', 'access_loggers.file.v3.FileAccessLog', { path: join(home, 'peer.log') }),
                ],
                http_filters: [extension('router', 'filters.http.router.v3.Router')],
                route_config: {
                  virtual_hosts: [
                    {
                      name: 'all',
                      domains: ['*'],
                      routes: [{ match: { prefix: '/' }, route: { cluster: 'backend' } }],
                    },
                  ],
                },
              }),
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
          endpoints: [{ lb_endpoints: [{ endpoint: { address: address(backendPort) } }] }],
        },
      },
    ],
  },
})

const running: ChildProcess[] = []

async function start(file: string, port: number): Promise<number> {
  const argv = ['-c', file, '--concurrency', '1', '-l', 'critical', '--use-dynamic-base-id']
  const child = spawn(envoyPath() ?? 'envoy', argv, { stdio: 'ignore' })
  running.push(child)
  await waitForPort(port)
  return child.pid as number
}

async function startOurs({ home, rendered, port }: IdentityStand): Promise<number> {
  const file = rendered.target.files.find((one) => one.path.endsWith('/validate.yaml'))?.path as string
  const logged = (await readFile(file, 'utf8')).replaceAll('"/dev/null"', JSON.stringify(join(home, 'access.jsonl')))
  await writeFile(join(home, 'ours.yaml'), logged)
  return start(join(home, 'ours.yaml'), port('before'))
}

const stand = await startIdentityStand(
  'envoy',
  { before: 'before', headers: 'headers', assertion: 'assertion' },
  basePort,
)
try {
  const hand = basePort + 6
  await writeFile(join(stand.home, 'peer.json'), JSON.stringify(byHand(stand.home, hand, basePort, stand.certificate)))
  const ours = await startOurs(stand)
  const bare = await start(join(stand.home, 'peer.json'), hand)
  const [headers, assertion] = [await stand.cookie('headers'), await stand.cookie('assertion')]
  const contenders: readonly Contender[] = [
    { name: 'bare Envoy', port: hand, pids: [bare], cookie: headers },
    { name: 'before stage identity', port: stand.port('before'), pids: [ours], cookie: headers },
    { name: 'pass', port: stand.port('headers'), pids: [ours], cookie: headers },
    { name: 'assertion', port: stand.port('assertion'), pids: [ours, stand.gatewayPid], cookie: assertion },
  ]
  const figures = await compare(contenders, { rounds, seconds })
  report('identity-envoy pass', figures, 'pass', 'bare Envoy', 0.75)
  report('identity-envoy pass', figures, 'pass', 'before stage identity')
  report('identity-envoy assertion, with the gateway', figures, 'assertion', 'bare Envoy')
} finally {
  for (const child of running) {
    child.kill('SIGKILL')
    await once(child, 'exit')
  }
  await stand.close()
}
