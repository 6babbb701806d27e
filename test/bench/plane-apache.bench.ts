/** Apache with the generated configuration against Apache with a minimal one by hand. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseConfig } from '@lockgate/model'
import { apache } from '@lockgate/planes'
import { startBackend } from './peers/backend.ts'
import { comparePair, type RunningEngine, startForeground } from './peers/engine-pair.ts'

const rounds = Number(process.argv[2] ?? 5)
const seconds = Number(process.argv[3] ?? 3)
const basePort = 32_000 + (process.pid % 1_900) * 4
const modules = ['mpm_event', 'authz_core', 'proxy', 'proxy_http', 'headers', 'rewrite', 'setenvif', 'unique_id']

/** One child process; keep-alive without end, so that only the forwarding is compared. */
const main = (folder: string, name: string, port: number, rest: string): string => `
ServerRoot ${folder}
PidFile ${folder}/${name}.pid
DefaultRuntimeDir ${folder}
Mutex default:${folder}
ErrorLog ${folder}/${name}.error
ServerName edge.invalid
User www-data
Group www-data
MaxKeepAliveRequests 0
StartServers 1
ServerLimit 1
ThreadsPerChild 64
MaxRequestWorkers 64
MinSpareThreads 1
MaxSpareThreads 64
${modules.map((one) => `LoadModule ${one}_module /usr/lib/apache2/modules/mod_${one}.so`).join('\n')}
Listen 127.0.0.1:${port}
${rest}
`

/** The usual lines of a reverse proxy, with the access log that Apache's own configuration has. */
const byHand = (folder: string, port: number, backendPort: number): string => `
LogFormat "%h %l %u %t \\"%r\\" %>s %b \\"%{Referer}i\\" \\"%{User-Agent}i\\"" combined
<VirtualHost 127.0.0.1:${port}>
  ServerName bench.test
  ProxyPreserveHost On
  RequestHeader set X-Forwarded-Proto http
  ProxyPass / http://127.0.0.1:${backendPort}/
  ProxyPassReverse / http://127.0.0.1:${backendPort}/
  CustomLog ${folder}/peer.log combined
</VirtualHost>
`

async function writeGenerated(folder: string, port: number, backendPort: number): Promise<void> {
  const settings = parseConfig(`
version: 1
edges: [{ id: front, plane: apache, via: local, addresses: [127.0.0.1], listen: ["http://127.0.0.1:${port}"], config: ${folder}/lockgate }]
backends:
  - { id: bench, edge: front, public: "http://bench.test:${port}", upstream: "http://127.0.0.1:${backendPort}",
      host: { via: local, addresses: [127.0.0.1], firewall: { none: benchmark } } }
vantages: [{ id: office, stands: users, via: local }]
`)
  const [edge] = settings.edges
  if (!edge) throw new Error('no edge')
  await mkdir(edge.config)
  const { target } = apache.render({ stage: 'consolidate', edge, backends: settings.backends }, null)
  for (const file of target.files) await writeFile(file.path, file.content)
}

const folder = await mkdtemp(join(tmpdir(), 'lockgate-bench-apache-'))
const backend = await startBackend(basePort)
const engines: RunningEngine[] = []
try {
  const ports = { ours: basePort + 1, peer: basePort + 2 } as const
  await writeGenerated(folder, ports.ours, basePort)
  await writeFile(
    join(folder, 'ours.conf'),
    main(folder, 'ours', ports.ours, `IncludeOptional ${folder}/lockgate/*.conf`),
  )
  await writeFile(join(folder, 'peer.conf'), main(folder, 'peer', ports.peer, byHand(folder, ports.peer, basePort)))
  for (const name of ['ours', 'peer'] as const)
    engines.push(await startForeground(['apache2', '-f', join(folder, `${name}.conf`), '-DFOREGROUND'], ports[name]))
  const [ours, peer] = engines as [RunningEngine, RunningEngine]
  await comparePair('plane-apache', ours, peer, { rounds, seconds })
} finally {
  for (const one of engines) await one.stop()
  await backend.stop()
  await rm(folder, { recursive: true, force: true })
}
