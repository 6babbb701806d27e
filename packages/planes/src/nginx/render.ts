/** From an edge and its backends to the files in the folder that nginx includes at http level. */
import type { Backend, EdgeModel, Rendered, RenderedFile } from '@lockgate/model'
import { requireListeners } from '../edge-proof.ts'
import { canonicalModel } from '../tree/canonical-model.ts'
import { onlyRedirecting } from '../tree/edge-listeners.ts'
import { withGeneration } from '../tree/generation.ts'
import { printNginx } from '../tree/print-nginx.ts'
import { rulesName } from '../tree/target-pattern.ts'
import { gapsOf } from './gaps.ts'
import { layouts } from './layout.ts'
import { sharedFile, sharedMaps } from './shared-file.ts'

const file = (path: string, content: string): RenderedFile => ({
  path,
  mode: 0o644,
  content,
  order: 0,
  persist: 'apply',
})

/** The shared texts that decide for a backend, without what other backends bring into the shared file. */
function sharedParts(model: EdgeModel, version: string | null): (backend: Backend) => readonly string[] {
  const common = printNginx(layouts[model.edge.vhosts].base(model, version))
  const printed = new Map(
    [...new Map(model.backends.map((one) => [rulesName(one.paths), one.paths]))].map(([name, rules]) => [
      name,
      printNginx(sharedMaps(model.edge, rules)),
    ]),
  )
  return ({ paths }) => [common, printed.get(rulesName(paths)) as string]
}

export function render(written: EdgeModel, version: string | null): Rendered {
  const model = canonicalModel(written)
  const { edge, backends } = model
  requireListeners(edge)
  const layout = layouts[edge.vhosts]
  const forFiles = onlyRedirecting(model)
  const own = backends.map((backend) => ({
    backend,
    files: layout.files(forFiles, backend, version).map(([path, nodes]) => file(path, printNginx(nodes))),
  }))
  const base = layout.base(model, version)
  const { generation, files } = withGeneration((value) => [
    file(
      `${edge.config}/00-lockgate.conf`,
      printNginx(sharedFile(model, [...base, ...layout.proofServer(model, version, value)])),
    ),
    ...own.flatMap((one) => one.files),
  ])
  const shared = sharedParts(model, version)
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
        own.map((one) => [one.backend.id, [...shared(one.backend), ...one.files.map((part) => part.content)]]),
      ),
      start: ['nginx'],
    },
    steps: layout.steps(model),
    gaps: [...layout.gaps(model), ...gapsOf(model, version)],
  }
}
