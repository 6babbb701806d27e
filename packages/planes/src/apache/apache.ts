/** The Apache httpd plane: files for a folder that the main configuration includes at server level. */
import type { DataPlane } from '@lockgate/model'
import { apacheGroup } from '../worker-group.ts'
import { render } from './render.ts'
import { supports } from './supports.ts'

export const apache: DataPlane = {
  id: 'apache',
  supports,
  render,
  versionArgv: ['apachectl', '-v'],
  readVersion: (output) => /\bApache\/(\d+\.\d+\.\d+)/.exec(output)?.[1] ?? null,
  workerGroup: apacheGroup,
}
