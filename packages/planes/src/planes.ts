/** The data planes by name. */
import type { DataPlane, PlaneId } from '@lockgate/model'
import { apache } from './apache/apache.ts'
import { builtin } from './builtin/builtin.ts'
import { envoy } from './envoy/envoy.ts'
import { nginx } from './nginx/nginx.ts'

export const planes: Readonly<Record<PlaneId, DataPlane>> = { builtin, nginx, apache, envoy }
