/** Whatever lockgate.yaml allows, the engines' own tests accept the files. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { type EdgeModel, isIpAddress, type Origin, parseOrigin, type Rendered } from '@lockgate/model'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { apache } from '../../src/apache/apache.ts'
import { nginx } from '../../src/nginx/nginx.ts'
import { keptFolder } from '../../src/tree/identity.ts'
import { arbitrarySettings } from '../arbitrary-settings.ts'
import { edgeModel, withIdentity } from '../model.ts'
import { apacheVersion, writeApacheMain } from './apache-main.ts'
import { makeCertificate } from './certificate.ts'
import { nginxVersion, writeNginxMain } from './nginx-main.ts'
import { run } from './run-engine.ts'

const moved = (origin: Origin, host: string): Origin =>
  parseOrigin(`${origin.scheme}://${host.includes(':') ? `[${host}]` : host}:${origin.port}`) as Origin

/** nginx -t binds, and resolves names: listeners go to loopback, upstreams to addresses. Nothing else is changed. */
function bindable(model: EdgeModel, folder: string, vhosts: 'ours' | 'theirs'): EdgeModel {
  const hosts = [...new Set(model.edge.listen.map((one) => one.host))]
  const listen = model.edge.listen.map((one) => moved(one, `127.77.0.${1 + hosts.indexOf(one.host)}`))
  const backends = model.backends.map((one) =>
    isIpAddress(one.upstream.host) ? one : { ...one, upstream: moved(one.upstream, '127.77.1.1') },
  )
  const edge = { ...model.edge, listen, config: folder, accessLog: `${folder}/access.jsonl`, vhosts }
  return { ...model, edge, backends, listening: [] }
}

function put({ target }: Rendered): void {
  for (const file of target.files) {
    mkdirSync(dirname(file.path), { recursive: true })
    writeFileSync(file.path, file.content)
  }
}

/** Every second backend takes part, with step-up paths of every kind; the login origin is on one of the https listeners. */
function joined(model: EdgeModel, root: string): EdgeModel {
  const half = model.backends.filter((_, index) => index % 2 === 0).map((one) => one.id)
  const { identity, ...rest } = withIdentity(model, half)
  const secure = model.edge.listen.find((one) => one.scheme === 'https')
  if (!identity || !secure) return model
  const paths = ['/admin', '/a.b/c-d/', '/%41', '/', '/admin/users', '/x(y)!*']
  return {
    ...rest,
    identity: {
      ...identity,
      gateway: { ...identity.gateway, listen: [`unix:${root}/gateway.sock`] },
      settings: {
        ...identity.settings,
        origin: parseOrigin(`https://login.acme.test:${secure.port}`) as Origin,
        stepUp: half.flatMap((backend) =>
          paths.slice(backend.length % 4).map((path) => ({ backend, path, acr: ['2'], maxAge: null })),
        ),
      },
    },
  }
}

const engines = {
  nginx: {
    plane: nginx,
    version: nginxVersion,
    main: (root: string, folder: string) => writeNginxMain(root, folder),
    stages: ['consolidate', 'identity'],
  },
  apache: {
    plane: apache,
    version: apacheVersion,
    main: (root: string, folder: string) => writeApacheMain(root, folder, { listens: ['127.77.2.1:80'] }),
    stages: ['consolidate', 'identity'],
  },
}

describe.each(Object.entries(engines))('%s', (name, { plane, version, main, stages }) => {
  const each = stages.flatMap((stage) => (['ours', 'theirs'] as const).map((vhosts) => [stage, vhosts] as const))
  test.each(each)('accepts arbitrary models of stage %s, vhosts %s', (stage, vhosts) => {
    const root = mkdtempSync(join(tmpdir(), `lockgate-accepts-${name}-`))
    try {
      const tls = makeCertificate(root)
      fc.assert(
        fc.property(arbitrarySettings(name, tls), (settings) => {
          const folder = join(root, 'lockgate')
          rmSync(folder, { recursive: true, force: true })
          mkdirSync(folder)
          const model = bindable(edgeModel(settings), folder, vhosts)
          put(plane.render(stage === 'identity' ? joined(model, root) : model, version()))
          const result = run([...main(root, folder), '-t'])
          rmSync(keptFolder(model.edge), { recursive: true, force: true })
          expect(result.code, result.output).toBe(0)
        }),
        { numRuns: 30, interruptAfterTimeLimit: 40_000 },
      )
    } finally {
      rmSync(root, { recursive: true, force: true })
    }
  })
})
