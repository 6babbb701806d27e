/** The four engines as an operator would have set them up: a main configuration that takes Lockgate's folder in. */
import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { programOf } from './have.ts'

export const engineIds = ['builtin', 'nginx', 'apache', 'envoy'] as const
export type EngineId = (typeof engineIds)[number]

export interface EngineSetting {
  /** Folder of the engine's own files. */
  readonly home: string
  /** The folder that Lockgate owns. */
  readonly config: string
  readonly edge: string
  /** The operator's own configuration before ours and after it: a server, a virtual host. nginx and Apache only. */
  readonly extra: string
  readonly after: string
  /** An address and port that Apache may listen on for itself, because it starts with no other. */
  readonly parking: string
}

export interface EngineFiles {
  readonly files: Readonly<Record<string, string>>
  readonly start: readonly string[]
  readonly test: readonly string[] | null
  readonly reload: readonly string[] | null
  readonly ready: (stderr: string) => boolean
}

const pidIn = (file: string) => () => existsSync(file) && readFileSync(file, 'utf8').trim() !== ''
const node = fileURLToPath(new URL('../../node_modules/.bin/node', import.meta.url))
const gateway = fileURLToPath(new URL('../../apps/gateway/src/main.ts', import.meta.url))

function nginx({ home, config, extra, after }: EngineSetting): EngineFiles {
  const main = `${home}/nginx.conf`
  const argv = [programOf('nginx'), '-p', home, '-c', main]
  return {
    files: {
      [main]: `daemon off;
user root;
worker_processes 2;
pid ${home}/nginx.pid;
error_log ${home}/error.log info;
worker_rlimit_nofile 8192;
worker_shutdown_timeout 60s;
events { worker_connections 2048; }
http {
  access_log off;
  client_body_temp_path ${home}/body;
  proxy_temp_path ${home}/proxy;
  fastcgi_temp_path ${home}/fastcgi;
  uwsgi_temp_path ${home}/uwsgi;
  scgi_temp_path ${home}/scgi;
${extra}
  include ${config}/*.conf;
${after}
}
`,
    },
    start: argv,
    test: [...argv, '-t'],
    reload: [...argv, '-s', 'reload'],
    ready: pidIn(`${home}/nginx.pid`),
  }
}

const apacheModules = [
  'mpm_event authz_core authz_host proxy proxy_http proxy_wstunnel headers rewrite ssl socache_shmcb alias',
  'setenvif env reqtimeout http2 proxy_http2 unique_id dir request allowmethods substitute filter',
].flatMap((line) => line.split(' '))

function apache({ home, config, extra, after, parking }: EngineSetting): EngineFiles {
  const main = `${home}/apache.conf`
  const argv = [programOf('apache'), '-d', home, '-f', main]
  const library = '/usr/lib/apache2/modules'
  return {
    files: {
      [main]: `ServerRoot ${home}
ServerName localhost
PidFile ${home}/apache.pid
DefaultRuntimeDir ${home}
Mutex file:${home} default
ErrorLog ${home}/error.log
LogLevel warn
Listen ${parking}
${apacheModules.map((name) => `LoadModule ${name}_module ${library}/mod_${name}.so`).join('\n')}
User www-data
Group www-data
${extra}
IncludeOptional ${config}/*.conf
${after}
`,
    },
    start: [...argv, '-DFOREGROUND'],
    test: [...argv, '-t'],
    reload: [...argv, '-k', 'graceful'],
    ready: pidIn(`${home}/apache.pid`),
  }
}

/** Access logs reach their file at once; by default Envoy takes up to ten seconds. */
const envoyOptions = '--disable-hot-restart --concurrency 2 --log-level info --file-flush-interval-msec 100'.split(' ')

function envoy({ home, config, edge }: EngineSetting): EngineFiles {
  const main = `${home}/envoy.yaml`
  const source = (file: string) => ({
    resource_api_version: 'V3',
    path_config_source: { path: `${config}/${file}`, watched_directory: { path: config } },
  })
  const bootstrap = {
    node: { id: edge, cluster: 'lab' },
    dynamic_resources: { cds_config: source('cds.yaml'), lds_config: source('lds.yaml') },
  }
  return {
    files: {
      [main]: `${JSON.stringify(bootstrap, null, 2)}\n`,
      [`${config}/cds.yaml`]: 'resources: []\n',
      [`${config}/lds.yaml`]: 'resources: []\n',
    },
    start: [programOf('envoy'), '-c', main, ...envoyOptions],
    test: null,
    reload: null,
    ready: (stderr) => stderr.includes('starting main dispatch loop'),
  }
}

function builtin({ config, edge }: EngineSetting): EngineFiles {
  return {
    files: {},
    start: [node, '--conditions=source', gateway, '--folder', config, '--edge', edge],
    test: null,
    reload: null,
    ready: () => true,
  }
}

export const engines = { builtin, nginx, apache, envoy } as const satisfies Record<
  EngineId,
  (setting: EngineSetting) => EngineFiles
>
