/** From an edge and its backends to the files in the folder that nginx includes at http level. */
import type { Backend, EdgeModel, Rendered, RenderedFile } from '@lockgate/model'
import { edgeProof, requireListeners } from '../edge-proof.ts'
import { withGeneration } from '../tree/generation.ts'
import { printNginx } from '../tree/print-nginx.ts'
import { rulesName } from '../tree/target-pattern.ts'
import { backendFile } from './backend-file.ts'
import { gapsOf } from './gaps.ts'
import { defaultServers, noneLogFormat, sharedFile, sharedMaps } from './shared-file.ts'

const file = (path: string, content: string): RenderedFile => ({
  path,
  mode: 0o644,
  content,
  order: 0,
  persist: 'apply',
})

/** The shared texts that decide for a backend, without what other backends bring into the shared file. */
function sharedParts(model: EdgeModel, version: string | null): (backend: Backend) => readonly string[] {
  const common = printNginx([noneLogFormat(model.edge.id), ...defaultServers(model, version)])
  const maps = new Map(
    model.backends.map((one) => [rulesName(one.paths), one.paths] as const).map(([name, rules]) => [name, rules]),
  )
  const printed = new Map([...maps].map(([name, rules]) => [name, printNginx(sharedMaps(model, rules))]))
  return (backend) => [common, printed.get(rulesName(backend.paths)) as string]
}

export function render(model: EdgeModel, version: string | null): Rendered {
  const { edge, backends } = model
  requireListeners(edge)
  const own = backends.map((backend) => ({
    id: backend.id,
    backend,
    file: file(`${edge.config}/backend-${backend.id}.conf`, printNginx(backendFile({ model, backend, version }))),
  }))
  const { generation, files } = withGeneration((value) => [
    file(`${edge.config}/00-lockgate.conf`, printNginx(sharedFile(model, version, value))),
    ...own.map((one) => one.file),
  ])
  const shared = sharedParts(model, version)
  const reload = edge.reload ?? ['nginx', '-s', 'reload']
  return {
    target: {
      id: `edge:${edge.id}`,
      via: edge.via,
      folder: edge.config,
      files,
      test: [edge.test ?? ['nginx', '-t']],
      reload: reload.length === 0 ? [] : [reload],
      undo: reload.length === 0 ? [] : [reload],
      readLive: null,
      loadLive: null,
      proof: edgeProof(edge, generation),
      generation,
      parts: Object.fromEntries(own.map((one) => [one.id, [...shared(one.backend), one.file.content]])),
      start: ['nginx'],
    },
    steps: [],
    gaps: gapsOf(model, version),
  }
}
