/** From an edge and its backends to the files in the folder that Apache includes at server level. */
import type { EdgeModel, Rendered, RenderedFile } from '@lockgate/model'
import { edgeProof, requireListeners } from '../edge-proof.ts'
import { withGeneration } from '../tree/generation.ts'
import { printApache } from '../tree/print-apache.ts'
import { backendFile, headersFile } from './backend-file.ts'
import { gapsOf } from './gaps.ts'
import { strippedNames } from './request-headers.ts'
import { sharedBase, sharedFile } from './shared-file.ts'

const file = (path: string, content: string, order = 1): RenderedFile => ({
  path,
  mode: 0o644,
  content,
  order,
  persist: 'apply',
})

export function render(model: EdgeModel, version: string | null): Rendered {
  const { edge, backends } = model
  requireListeners(edge)
  const headers = file(headersFile(edge.config), printApache(strippedNames), 0)
  const own = backends.map((backend) => ({
    id: backend.id,
    file: file(`${edge.config}/backend-${backend.id}.conf`, printApache(backendFile({ model, backend, version }))),
  }))
  const { generation, files } = withGeneration((value) => [
    headers,
    file(`${edge.config}/00-lockgate.conf`, printApache(sharedFile(model, value))),
    ...own.map((one) => one.file),
  ])
  const shared = [headers.content, printApache(sharedBase(model))]
  const reload = edge.reload ?? ['apachectl', '-k', 'graceful']
  return {
    target: {
      id: `edge:${edge.id}`,
      via: edge.via,
      folder: edge.config,
      files,
      test: [edge.test ?? ['apachectl', '-t']],
      reload: reload.length === 0 ? [] : [reload],
      undo: reload.length === 0 ? [] : [reload],
      readLive: null,
      loadLive: null,
      proof: edgeProof(edge, generation),
      generation,
      parts: Object.fromEntries(own.map((one) => [one.id, [...shared, one.file.content]])),
      start: ['apachectl', 'start'],
    },
    steps: [],
    gaps: gapsOf(model, version),
  }
}
