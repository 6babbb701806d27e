/** From an edge and its backends to the files in the folder that Apache includes at server level. */
import type { EdgeModel, Rendered, RenderedFile } from '@lockgate/model'
import { requireListeners } from '../edge-proof.ts'
import { canonicalModel } from '../tree/canonical-model.ts'
import { onlyRedirecting } from '../tree/edge-listeners.ts'
import { withGeneration } from '../tree/generation.ts'
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

export function render(written: EdgeModel, version: string | null): Rendered {
  const model = canonicalModel(written)
  const { edge, backends } = model
  requireListeners(edge)
  const layout = layouts[edge.vhosts]
  const headers = file(headersFile(edge.config), printApache(strippedNames), 0)
  const forFiles = onlyRedirecting(model)
  const own = backends.map((backend) => ({
    id: backend.id,
    file: file(layout.path(edge, backend), printApache(layout.content(forFiles, backend, version))),
  }))
  const base = layout.base(model)
  const { generation, files } = withGeneration((value) => [
    headers,
    file(
      `${edge.config}/00-lockgate.conf`,
      printApache(sharedFile(model, [...base, ...layout.proofHosts(model, value)])),
    ),
    ...own.map((one) => one.file),
  ])
  const shared = [headers.content, printApache(base)]
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
      parts: Object.fromEntries(own.map((one) => [one.id, [...shared, one.file.content]])),
      start: ['apachectl', 'start'],
    },
    steps: layout.steps(model),
    gaps: [...layout.gaps(model), ...gapsOf(model, version)],
  }
}
