/**
 * The generated nginx with stage identity against nginx by hand without any, and against nginx that asks oauth2-proxy: a
 * session's cookie comes in, a signed identity header goes to the backend. One core each; CPU time of all processes counts.
 */
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startBackend } from './peers/backend.ts'
import { type Contestant, measureInTurns, measureWith, printRatio } from './peers/cpu-load.ts'
import { type RunningEngine, startForeground } from './peers/engine-pair.ts'
import {
  cookieWithPass,
  type IdentitySite,
  signIn,
  socketOf,
  startGateway,
  storeOf,
  writeSite,
} from './peers/identity-site.ts'
import { oauth2ProxyPath, type SignedInPeer, startOauth2Proxy } from './peers/oauth2-proxy.ts'

const rounds = Number(process.argv[2] ?? 5)
const seconds = Number(process.argv[3] ?? 3)
const manySessions = Number(process.argv[4] ?? 10_000)
const basePort = 14_000 + (process.pid % 700) * 8
const [backendPort, ours, bare, peer, peerDecider, idp, least] = [0, 1, 2, 3, 4, 5, 6].map((one) => basePort + one) as [
  number,
  number,
  number,
  number,
  number,
  number,
  number,
]

/** Root, because the decision point's socket is in a folder of this run; JIT as nginx's own documentation advises it for expressions. */
const main = (folder: string, name: string, http: string): string => `
daemon off; user root; worker_processes 1; pcre_jit on; pid ${folder}/${name}.pid; error_log ${folder}/${name}.error;
events { worker_connections 4096; }
http { keepalive_requests 1000000; sendfile on; tcp_nopush on; access_log ${folder}/${name}.log; ${http} }
`

const forwarding = `proxy_pass http://backend; proxy_http_version 1.1; proxy_set_header Connection "";
    proxy_set_header Host $host; proxy_set_header X-Real-IP $remote_addr;
    proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for; proxy_set_header X-Forwarded-Proto $scheme;`

const byHand = `
upstream backend { server 127.0.0.1:${backendPort}; keepalive 32; }
server { listen 127.0.0.1:${bare}; server_name bench.test; location / { ${forwarding} } }
`

/** The least that asking the gateway takes: byHand with a kept answer under a key of four bytes, and no rule beside it. */
const askingLeast = (folder: string): string => `
proxy_cache_path ${folder}/least levels=2 keys_zone=least:1m inactive=4s use_temp_path=off;
upstream backend { server 127.0.0.1:${backendPort}; keepalive 32; }
upstream gateway { server unix:${socketOf(site)}; keepalive 32; }
server { listen 127.0.0.1:${least}; server_name bench.test;
  location = /decide { internal; proxy_pass http://gateway/.lockgate/decide; proxy_http_version 1.1; proxy_set_header Connection "";
    proxy_set_header Host lockgate.invalid; proxy_set_header Lockgate-Backend bench; proxy_set_header Lockgate-Method $request_method;
    proxy_set_header Lockgate-Target $request_uri; proxy_set_header Lockgate-Source $remote_addr;
    proxy_set_header Content-Length ""; proxy_pass_request_body off;
    proxy_cache least; proxy_cache_key $cookie_theme; proxy_cache_valid 200 1s; open_file_cache max=128 inactive=4s; }
  location / { auth_request /decide; auth_request_set $told $upstream_http_lockgate_assertion; ${forwarding}
    proxy_set_header Lockgate-Assertion $told; }
}
`

/** As oauth2-proxy's documentation has it for nginx, with connections that are kept. */
const asking = `
upstream backend { server 127.0.0.1:${backendPort}; keepalive 32; }
upstream decider { server 127.0.0.1:${peerDecider}; keepalive 32; }
server { listen 127.0.0.1:${peer}; server_name bench.test;
  location = /oauth2/auth { internal; proxy_pass http://decider; proxy_http_version 1.1; proxy_set_header Connection "";
    proxy_set_header Host $host; proxy_set_header X-Real-IP $remote_addr; proxy_set_header X-Forwarded-Uri $request_uri;
    proxy_set_header Content-Length ""; proxy_pass_request_body off; }
  location / { auth_request /oauth2/auth; auth_request_set $email $upstream_http_x_auth_request_email;
    auth_request_set $user $upstream_http_x_auth_request_user; ${forwarding}
    proxy_set_header X-User $user; proxy_set_header X-Email $email; }
}
`

/** Each session once in ten seconds: `perSecond` requests of as many connections as there are. */
const paced = (cookies: readonly string[], perSecond: number): string => `
local cookies = {${cookies.map((one) => JSON.stringify(one)).join(',')}}
local next = 0
function request()
  next = next % #cookies + 1
  wrk.headers["Cookie"] = cookies[next]
  return wrk.format()
end
function delay() return ${Math.round(32_000 / perSecond)} end
`

const folder = await mkdtemp(join(tmpdir(), 'lockgate-bench-identity-'))
await chmod(folder, 0o755)
const site: IdentitySite = { folder, plane: 'nginx', port: ours, backendPort }
const stops: (() => Promise<unknown>)[] = [() => rm(folder, { recursive: true, force: true })]

async function nginxOf(name: string, http: string, port: number): Promise<RunningEngine> {
  await writeFile(join(folder, `${name}.conf`), main(folder, name, http))
  const engine = await startForeground(['nginx', '-c', join(folder, `${name}.conf`)], port)
  stops.push(engine.stop)
  return engine
}

async function scriptOf(name: string, cookies: readonly string[]): Promise<string> {
  const path = join(folder, `${name}.lua`)
  await writeFile(path, paced(cookies, manySessions / 10))
  return path
}

async function ourSide(): Promise<{
  readonly busy: Contestant
  readonly least: Contestant
  readonly many: Contestant
}> {
  const made = await writeSite(site)
  for (const path of made) stops.push(() => rm(path, { recursive: true, force: true }))
  const gateway = await startGateway(site, 0)
  stops.push(gateway.stop)
  const keys = await signIn(storeOf(site), `bench.test:${ours}`, manySessions + 1)
  const engine = await nginxOf('ours', `include ${folder}/lockgate/*.conf;`, ours)
  const cookies: string[] = []
  for (const key of keys) cookies.push(await cookieWithPass(site, key))
  const busy = { name: 'ours', port: ours, engines: [engine, gateway], cookie: cookies[0] as string }
  const asked = {
    ...busy,
    name: 'least',
    port: least,
    engines: [await nginxOf('least', askingLeast(folder), least), gateway],
  }
  return { busy, least: asked, many: { ...busy, name: 'ours, many', script: await scriptOf('ours', cookies.slice(1)) } }
}

async function theirSide(program: string): Promise<{ readonly busy: Contestant; readonly many: Contestant }> {
  const decider: SignedInPeer = await startOauth2Proxy(program, { port: peerDecider, idp, backend: backendPort })
  stops.push(decider.stop)
  const engine = await nginxOf('peer', asking, peer)
  const busy = { name: 'peer', port: peer, engines: [engine, decider], cookie: decider.cookie }
  return { busy, many: { ...busy, name: 'peer, many', script: await scriptOf('peer', [decider.cookie]) } }
}

try {
  const backend = await startBackend(backendPort)
  stops.push(backend.stop)
  const own = await ourSide()
  const plain = await nginxOf('bare', byHand, bare)
  const bareNginx: Contestant = { name: 'bare', port: bare, engines: [plain], cookie: own.busy.cookie }
  const program = oauth2ProxyPath()
  if (program === null) console.error('no oauth2-proxy: set LOCKGATE_OAUTH2_PROXY to its binary')
  const peers = program === null ? null : await theirSide(program)
  const busy = await measureInTurns([own.busy, bareNginx, own.least, ...(peers ? [peers.busy] : [])], {
    rounds,
    seconds,
  })
  printRatio('identity-nginx', busy.ours, busy.bare, 0.7)
  printRatio('identity-nginx, auth_request with a kept answer alone', busy.least, busy.bare, 0.7)
  if (peers) printRatio('identity-nginx, against nginx + oauth2-proxy', busy.ours, busy.peer, 5)
  // Each session has asked once; then as long as an answer with an assertion is kept, so that each is asked about again.
  await measureWith(own.many, 12)
  const many = await measureInTurns([own.many, ...(peers ? [peers.many] : [])], { rounds: 1, seconds: 80 })
  if (peers) printRatio(`identity-nginx, ${manySessions} sessions`, many['ours, many'], many['peer, many'], 2)
  // Far from saturation, so that the wait is for decisions and not for a turn; entries expire every second or two.
  const calm = await measureWith({ ...own.busy, script: await scriptOf('calm', [own.busy.cookie]) }, 20)
  const calmBare = await measureWith({ ...bareNginx, script: await scriptOf('calm-bare', [own.busy.cookie]) }, 20)
  const p99 = { ours: calm.p99, peer: calmBare.p99, ratio: calm.p99 / calmBare.p99, goal: 5, unit: 'ms' }
  console.log(JSON.stringify({ name: 'identity-nginx, p99 of a busy session', ...p99 }))
} finally {
  for (const stop of stops.toReversed()) await stop()
}
