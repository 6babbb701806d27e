import { utimesSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { readRoutes } from '../src/index.ts'
import { canPlace, edgeOf, envoyProgram, has, inPlace, type Place } from './place.ts'

const short = (routes: Awaited<ReturnType<typeof readRoutes>>['routes']) =>
  routes.map(
    (one) => `${one.name} ${one.path} -> ${one.upstreams.join(',')} ${one.file.replace(/^.*\//, '')}:${one.line}`,
  )

function nginxFiles(place: Place): string {
  place.put(
    'lockgate/payroll.conf',
    'server {\n  listen 127.0.0.1:8081;\n  server_name payroll.acme.test;\n  location / { proxy_pass http://payroll; }\n}\nupstream payroll { server 10.20.0.11:8080; }\n',
  )
  place.put(
    'sites/old.conf',
    'server {\n  listen 127.0.0.1:8081 default_server;\n  server_name *.old.acme.test;\n  location /pay { proxy_pass http://10.20.0.11:8080/; }\n}\n',
  )
  return place.put(
    'nginx.conf',
    `pid ${place.folder}/nginx.pid;\nerror_log ${place.folder}/error.log;\nevents {}\nhttp {\n  access_log off;\n  include sites/*.conf;\n  include lockgate/*.conf;\n}\n`,
  )
}

describe.skipIf(!canPlace || !has('nginx'))('the routes of a running nginx (needs root and nginx)', () => {
  it('come from the configuration that its master was started with', async () => {
    await inPlace(async (place) => {
      const main = nginxFiles(place)
      const edge = edgeOf('nginx', `${place.folder}/lockgate`)
      const before = await readRoutes(edge, place.reach)
      expect(before.unread[0]?.because).toMatch(/no nginx runs in the network namespace/)
      await place.start(['nginx', '-c', main, '-g', 'daemon off;'], 8081)
      const { routes, unread } = await readRoutes(edge, place.reach)
      expect(unread).toEqual([])
      expect(short(routes)).toEqual([
        '*.old.acme.test /pay -> http://10.20.0.11:8080 old.conf:4',
        '* /pay -> http://10.20.0.11:8080 old.conf:4',
        'payroll.acme.test / -> http://10.20.0.11:8080 payroll.conf:4',
      ])
      const soon = Date.now() / 1000 + 60
      utimesSync(`${place.folder}/sites/old.conf`, soon, soon)
      const changed = await readRoutes(edge, place.reach)
      expect(changed.unread).toEqual([
        {
          source: `${place.folder}/sites/old.conf`,
          because: expect.stringMatching(/changed after nginx had loaded it/),
        },
      ])
      place.put('nginx.conf', 'events {}\nhttp { nonsense on; }\n')
      const broken = await readRoutes(edge, place.reach)
      expect(broken.unread.map((one) => one.because).join()).toMatch(/nginx refuses what is on disk.*nonsense/)
    })
  })

  it('are not taken from an nginx that does not include the folder', async () => {
    await inPlace(async (place) => {
      const main = nginxFiles(place)
      place.put('elsewhere/a.conf', 'server { listen 127.0.0.1:8082; }\n')
      await place.start(['nginx', '-p', place.folder, '-c', main, '-g', 'daemon off;'], 8081)
      const { unread } = await readRoutes(edgeOf('nginx', `${place.folder}/elsewhere`), place.reach)
      expect(unread.map((one) => one.because).join()).toMatch(/does not include .*elsewhere/)
    })
  })
})

describe.skipIf(!canPlace || !has('apache2'))('the routes of a running Apache (needs root and apache2)', () => {
  it('come from the files, arguments and environment of its parent process', async () => {
    await inPlace(async (place) => {
      place.put(
        'lockgate/payroll.conf',
        '<VirtualHost *:8081>\n  ServerName payroll.acme.test\n  ProxyPass / http://10.20.0.11:8080/\n</VirtualHost>\n',
      )
      place.put(
        'sites/old.conf',
        `<VirtualHost *:8081>\n  ServerName old.acme.test\n  ServerAlias *.old.acme.test\n  ProxyPass /pay http://\${PAY}/\n</VirtualHost>\n`,
      )
      const main = place.put(
        'apache.conf',
        [
          `ServerRoot ${place.folder}`,
          ...['mpm_event', 'proxy', 'proxy_http', 'authz_core'].map(
            (one) => `LoadModule ${one}_module /usr/lib/apache2/modules/mod_${one}.so`,
          ),
          'Listen 127.0.0.1:8081',
          `PidFile ${place.folder}/httpd.pid`,
          `ErrorLog ${place.folder}/error.log`,
          '<IfDefine OLD>',
          'IncludeOptional sites/*.conf',
          '</IfDefine>',
          `IncludeOptional \${FOLDER}/*.conf`,
          '',
        ].join('\n'),
      )
      const environment = { APACHE_PAY: '', PAY: '10.20.0.11:8080', FOLDER: `${place.folder}/lockgate` }
      await place.start(['apache2', '-f', main, '-D', 'OLD', '-DFOREGROUND'], 8081, environment)
      const { routes, unread } = await readRoutes(edgeOf('apache', `${place.folder}/lockgate`), place.reach)
      expect(unread).toEqual([])
      expect(short(routes)).toEqual([
        'old.acme.test /pay -> http://10.20.0.11:8080 old.conf:4',
        '*.old.acme.test /pay -> http://10.20.0.11:8080 old.conf:4',
        '* /pay -> http://10.20.0.11:8080 old.conf:4',
        'payroll.acme.test / -> http://10.20.0.11:8080 payroll.conf:3',
      ])
    })
  })
})

const envoyFiles = (place: Place, admin: boolean): string => {
  const manager = {
    '@type': 'type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager',
    stat_prefix: 'in',
    route_config: {
      name: 'all',
      virtual_hosts: [
        {
          name: 'payroll',
          domains: ['payroll.acme.test', 'payroll.acme.test:*'],
          routes: [{ match: { prefix: '/' }, route: { cluster: 'payroll' } }],
        },
        { name: 'none', domains: ['*'], routes: [{ match: { prefix: '/' }, direct_response: { status: 421 } }] },
      ],
    },
    http_filters: [
      {
        name: 'router',
        typed_config: { '@type': 'type.googleapis.com/envoy.extensions.filters.http.router.v3.Router' },
      },
    ],
  }
  const address = (host: string, port: number) => ({ socket_address: { address: host, port_value: port } })
  place.put(
    'lockgate/lds.yaml',
    JSON.stringify(
      {
        resources: [
          {
            '@type': 'type.googleapis.com/envoy.config.listener.v3.Listener',
            name: 'in',
            address: address('127.0.0.1', 8081),
            filter_chains: [{ filters: [{ name: 'http', typed_config: manager }] }],
          },
        ],
      },
      null,
      1,
    ),
  )
  place.put(
    'lockgate/cds.yaml',
    JSON.stringify(
      {
        resources: [
          {
            '@type': 'type.googleapis.com/envoy.config.cluster.v3.Cluster',
            name: 'payroll',
            load_assignment: {
              cluster_name: 'payroll',
              endpoints: [{ lb_endpoints: [{ endpoint: { address: address('10.20.0.11', 8080) } }] }],
            },
          },
        ],
      },
      null,
      1,
    ),
  )
  const watched = (name: string) => ({
    path_config_source: {
      path: `${place.folder}/lockgate/${name}`,
      watched_directory: { path: `${place.folder}/lockgate` },
    },
  })
  return place.put(
    'envoy.yaml',
    JSON.stringify({
      node: { id: 'x', cluster: 'x' },
      ...(admin ? { admin: { address: address('127.0.0.1', 9901) } } : {}),
      dynamic_resources: { lds_config: watched('lds.yaml'), cds_config: watched('cds.yaml') },
    }),
  )
}

describe.skipIf(!canPlace || !envoyProgram)('the routes of a running Envoy (needs root and envoy)', () => {
  it.each([true, false])('come from the admin interface or the watched files (admin: %s)', async (admin) => {
    await inPlace(async (place) => {
      const main = envoyFiles(place, admin)
      await place.start(
        [envoyProgram as string, '-c', main, '--use-dynamic-base-id', '--concurrency', '1', '-l', 'off'],
        8081,
      )
      const { routes, unread } = await readRoutes(edgeOf('envoy', `${place.folder}/lockgate`), place.reach)
      expect(unread).toEqual([])
      expect(short(routes)).toEqual([
        expect.stringMatching(/^payroll.acme.test \/ -> http:\/\/10.20.0.11:8080 lds.yaml:\d+$/),
        expect.stringMatching(/^\* \/ -> {2}lds.yaml:\d+$/),
      ])
      if (!admin) return
      place.put('lockgate/lds.yaml', '{"resources": []}')
      const later = await readRoutes(edgeOf('envoy', `${place.folder}/lockgate`), place.reach)
      expect(later.routes).toHaveLength(2)
      expect(later.routes[0]?.file).toBe('http://127.0.0.1:9901/config_dump')
    })
  })
})

describe('the routes of the builtin gateway', () => {
  it.skipIf(!canPlace)('come from the file that it watches (needs root)', async () => {
    await inPlace(async (place) => {
      const config = {
        version: 1,
        edge: 'front',
        generation: 'sha256:0',
        accessLog: null,
        listen: [{ scheme: 'http', host: '127.0.0.1', port: 8081 }],
        tls: null,
        backends: [
          {
            id: 'payroll',
            public: { scheme: 'http', host: 'payroll.acme.test', port: 8081 },
            upstream: { scheme: 'http', host: '10.20.0.11', port: 8080 },
            paths: {
              encodedSlash: 'refuse',
              dotSegments: 'refuse',
              emptySegments: 'refuse',
              parameters: 'refuse',
              case: 'exact',
            },
            bodyLimit: 1,
            timeoutMs: 1,
          },
        ],
      }
      place.put('gateway.json', JSON.stringify(config, null, 2))
      const edge = edgeOf('builtin', place.folder)
      expect(await readRoutes(edge, place.reach)).toMatchObject({
        routes: [
          {
            name: 'payroll.acme.test',
            listen: ['http://127.0.0.1:8081'],
            upstreams: ['http://10.20.0.11:8080'],
            line: 16,
          },
        ],
        unread: [],
      })
      place.put('gateway.json', '{')
      expect((await readRoutes(edge, place.reach)).unread).toHaveLength(1)
    })
  })
})
