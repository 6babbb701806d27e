/** From an edge and its backends to the files in the folder that Apache includes at server level. */
import { type Backend, digest, type EdgeModel, type Rendered, type RenderedFile } from '@lockgate/model'
import { decisionFiles, decisionParts } from '../builtin/gateway-config.ts'
import { requireListeners } from '../edge-proof.ts'
import { startCommand } from '../start-command.ts'
import { canonicalModel } from '../tree/canonical-model.ts'
import { onlyRedirecting } from '../tree/edge-listeners.ts'
import { fixed, withGeneration } from '../tree/generation.ts'
import { besideEngine, servesLogin, takesPart } from '../tree/identity.ts'
import { printApache } from '../tree/print-apache.ts'
import { headersFile } from './backend-file.ts'
import { gapsOf } from './gaps.ts'
import { layouts } from './layout.ts'
import { strippedNames } from './request-headers.ts'
import { sharedFile } from './shared-file.ts'

const file = (path: string, content: string, order = 1): RenderedFile => ({
  path,
  mode: 0o644,
  content,
  order,
  persist: 'apply',
})

function loginFiles(model: EdgeModel, version: string | null): readonly RenderedFile[] {
  const { edge, identity } = model
  if (!identity || !servesLogin(model)) return []
  const layout = layouts[edge.vhosts]
  return [file(layout.loginPath(edge), printApache(layout.login({ model: onlyRedirecting(model), identity, version })))]
}

export function render(written: EdgeModel, version: string | null): Rendered {
  const model = canonicalModel(written)
  const { edge, backends } = model
  requireListeners(edge)
  const layout = layouts[edge.vhosts]
  const headers = fixed(file(headersFile(edge.config), printApache(strippedNames), 0))
  const forFiles = onlyRedirecting(model)
  const own = backends.map((backend) => ({
    backend,
    own: fixed(file(layout.path(edge, backend), printApache(layout.content(forFiles, backend, version)))),
  }))
  const login = loginFiles(model, version)
  const base = layout.base(model)
  const { generation, files } = withGeneration(
    (value) => [
      ...decisionFiles(model, value),
      file(
        `${edge.config}/00-lockgate.conf`,
        printApache(sharedFile(model, [...base, ...layout.proofHosts(model, value)])),
      ),
      ...login,
    ],
    [headers, ...own.map((one) => one.own)],
  )
  const shared = [headers.digest, digest(printApache(base))]
  const ofIdentity = (backend: Backend) =>
    takesPart(model, backend) ? [...login.map((one) => one.content), ...decisionParts(model, backend)] : []
  const reload = edge.reload ?? ['apachectl', '-k', 'graceful']
  const reloads = reload.length === 0 ? [] : [reload]
  return {
    target: {
      id: `edge:${edge.id}`,
      via: edge.via,
      folder: edge.config,
      files,
      test: [edge.test ?? ['apachectl', '-t']],
      reload: reloads,
      undo: reloads,
      readLive: null,
      loadLive: null,
      proof: layout.proof(edge, generation),
      generation,
      parts: Object.fromEntries(
        own.map((one) => [one.backend.id, [...shared, one.own.digest, ...ofIdentity(one.backend)]]),
      ),
      start: startCommand(edge.reload ?? [], ['apachectl', 'start']),
      ...besideEngine(model),
    },
    steps: layout.steps(model),
    gaps: [...layout.gaps(model), ...gapsOf(model, version)],
  }
}
