/** From an edge and its backends to the files in the folder that nginx includes at http level. */
import { type Backend, digest, type EdgeModel, type Rendered, type RenderedFile } from '@lockgate/model'
import { decisionFiles, decisionParts } from '../builtin/gateway-config.ts'
import { requireListeners } from '../edge-proof.ts'
import { startCommand } from '../start-command.ts'
import { canonicalModel } from '../tree/canonical-model.ts'
import { onlyRedirecting } from '../tree/edge-listeners.ts'
import { fixed, withGeneration } from '../tree/generation.ts'
import { besideEngine, servesLogin, takesPart } from '../tree/identity.ts'
import { nginxPrinter, printNginx } from '../tree/print-nginx.ts'
import { rulesName } from '../tree/target-pattern.ts'
import { identityHttp } from './decision-cache.ts'
import { gapsOf } from './gaps.ts'
import { layouts } from './layout.ts'
import { ownMaps, sharedFile, sharedMaps } from './shared-file.ts'

const file = (path: string, content: string): RenderedFile => ({
  path,
  mode: 0o644,
  content,
  order: 0,
  persist: 'apply',
})

/** What decides for a backend besides its own files once it takes part in stage identity. */
function identityTexts(model: EdgeModel, login: readonly RenderedFile[]): (backend: Backend) => readonly string[] {
  const { edge, identity } = model
  if (!identity) return () => []
  const common = [printNginx(identityHttp(edge, identity)), ...login.map((one) => one.content)]
  return (backend) =>
    takesPart(model, backend) ? [...common, printNginx(ownMaps(model, backend)), ...decisionParts(model, backend)] : []
}

/** Digests of the shared texts that decide for a backend, without what other backends bring into the shared file. */
function sharedParts(
  model: EdgeModel,
  version: string | null,
  login: readonly RenderedFile[],
): (backend: Backend) => readonly string[] {
  const common = digest(printNginx(layouts[model.edge.vhosts].base(model, version)))
  const ofIdentity = identityTexts(model, login)
  const printed = new Map(
    [...new Map(model.backends.map((one) => [rulesName(one.paths), one.paths]))].map(([name, rules]) => [
      name,
      digest(printNginx(sharedMaps(model.edge, rules))),
    ]),
  )
  return (backend) => [common, printed.get(rulesName(backend.paths)) as string, ...ofIdentity(backend)]
}

function loginFiles(model: EdgeModel, version: string | null): readonly RenderedFile[] {
  const { edge, identity } = model
  if (!identity || !servesLogin(model)) return []
  const files = layouts[edge.vhosts].loginFiles(onlyRedirecting(model), identity, version)
  return files.map(([path, nodes]) => file(path, printNginx(nodes)))
}

export function render(written: EdgeModel, version: string | null): Rendered {
  const model = canonicalModel(written)
  const { edge, backends } = model
  requireListeners(edge)
  const layout = layouts[edge.vhosts]
  const forFiles = onlyRedirecting(model)
  const print = nginxPrinter()
  const own = backends.map((backend) => ({
    backend,
    files: layout.files(forFiles, backend, version).map(([path, nodes]) => fixed(file(path, print(nodes)))),
  }))
  const login = loginFiles(model, version)
  const base = layout.base(model, version)
  const { generation, files } = withGeneration(
    (value) => [
      ...decisionFiles(model, value),
      file(
        `${edge.config}/00-lockgate.conf`,
        printNginx(sharedFile(model, [...base, ...layout.proofServer(model, version, value)])),
      ),
      ...login,
    ],
    own.flatMap((one) => one.files),
  )
  const shared = sharedParts(model, version, login)
  const reload = edge.reload ?? ['nginx', '-s', 'reload']
  const reloads = reload.length === 0 ? [] : [reload]
  return {
    target: {
      id: `edge:${edge.id}`,
      via: edge.via,
      folder: edge.config,
      files,
      test: [edge.test ?? ['nginx', '-t']],
      reload: reloads,
      undo: reloads,
      readLive: null,
      loadLive: null,
      proof: layout.proof(edge, generation),
      generation,
      parts: Object.fromEntries(
        own.map((one) => [one.backend.id, [...shared(one.backend), ...one.files.map((part) => part.digest)]]),
      ),
      start: startCommand(edge.reload ?? [], ['nginx']),
      ...besideEngine(model),
    },
    steps: layout.steps(model),
    gaps: [...layout.gaps(model), ...gapsOf(model, version)],
  }
}
