/** nginx with the generated configuration against nginx with a minimal one by hand. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseConfig } from '@lockgate/model'
import { nginx } from '@lockgate/planes'
import { startBackend } from './peers/backend.ts'
import { comparePair, type RunningEngine, startForeground } from './peers/engine-pair.ts'

const rounds = Number(process.argv[2] ?? 5)
const seconds = Number(process.argv[3] ?? 3)
const basePort = 20_000 + (process.pid % 3_000) * 4

/** One worker; keep-alive without end, so that only the forwarding is compared. */
const main = (folder: string, name: string, http: string): string => `
daemon off; worker_processes 1; pid ${folder}/${name}.pid; error_log ${folder}/${name}.error;
events { worker_connections 4096; }
http { keepalive_requests 1000000; sendfile on; tcp_nopush on; access_log ${folder}/${name}.log; ${http} }
`

/** As nginx's own documentation on keep-alive and forwarding has it. */
const byHand = (port: number, backendPort: number): string => `
upstream backend { server 127.0.0.1:${backendPort}; keepalive 32; }
server {
  listen 127.0.0.1:${port}; server_name bench.test;
  location / {
    proxy_pass http://backend; proxy_http_version 1.1; proxy_set_header Connection "";
    proxy_set_header Host $host; proxy_set_header X-Real-IP $remote_addr;
    proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for; proxy_set_header X-Forwarded-Proto $scheme;
  }
}
`

async function writeGenerated(folder: string, port: number, backendPort: number): Promise<void> {
  const settings = parseConfig(`
version: 1
edges: [{ id: front, plane: nginx, via: local, addresses: [127.0.0.1], listen: ["http://127.0.0.1:${port}"], config: ${folder}/lockgate }]
backends:
  - { id: bench, edge: front, public: "http://bench.test:${port}", upstream: "http://127.0.0.1:${backendPort}",
      host: { via: local, addresses: [127.0.0.1], firewall: { none: benchmark } } }
vantages: [{ id: office, stands: users, via: local }]
`)
  const [edge] = settings.edges
  if (!edge) throw new Error('no edge')
  await mkdir(edge.config)
  const { target } = nginx.render({ stage: 'consolidate', edge, backends: settings.backends }, null)
  for (const file of target.files) await writeFile(file.path, file.content)
}

const folder = await mkdtemp(join(tmpdir(), 'lockgate-bench-nginx-'))
const backend = await startBackend(basePort)
const engines: RunningEngine[] = []
try {
  await writeGenerated(folder, basePort + 1, basePort)
  await writeFile(join(folder, 'ours.conf'), main(folder, 'ours', `include ${folder}/lockgate/*.conf;`))
  await writeFile(join(folder, 'peer.conf'), main(folder, 'peer', byHand(basePort + 2, basePort)))
  for (const [index, name] of ['ours', 'peer'].entries())
    engines.push(await startForeground(['nginx', '-c', join(folder, `${name}.conf`)], basePort + 1 + index))
  const [ours, peer] = engines as [RunningEngine, RunningEngine]
  await comparePair('plane-nginx', ours, peer, { rounds, seconds })
} finally {
  for (const one of engines) await one.stop()
  await backend.stop()
  await rm(folder, { recursive: true, force: true })
}
