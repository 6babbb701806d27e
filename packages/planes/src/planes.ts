/** The data planes by name. */
import { type DataPlane, LockgateError, type PlaneId } from '@lockgate/model'
import { builtin } from './builtin/builtin.ts'
import { supports } from './builtin/supports.ts'
import { envoy } from './envoy/envoy.ts'
import { nginx } from './nginx/nginx.ts'

const absent = (id: PlaneId): DataPlane => ({
  id,
  supports,
  render: () => {
    throw new LockgateError('LG1102', `this version does not write configuration for ${id}`)
  },
  versionArgv: null,
  readVersion: () => null,
})

export const planes: Readonly<Record<PlaneId, DataPlane>> = {
  builtin,
  nginx,
  apache: absent('apache'),
  envoy,
}
