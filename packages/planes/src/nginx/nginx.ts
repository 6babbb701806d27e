/** The nginx plane: files for a folder that `http {}` includes. */
import type { DataPlane } from '@lockgate/model'
import { nginxGroup } from '../worker-group.ts'
import { render } from './render.ts'
import { supports } from './supports.ts'

export const nginx: DataPlane = {
  id: 'nginx',
  supports,
  render,
  versionArgv: ['nginx', '-v'],
  readVersion: (output) => /\bnginx\/(\d+\.\d+\.\d+)/.exec(output)?.[1] ?? null,
  workerGroup: nginxGroup,
}
