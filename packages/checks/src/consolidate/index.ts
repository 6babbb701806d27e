/** The checks of stage consolidate, in the order in which they are told. */
import type { Check } from '@lockgate/model'
import { adminPorts } from './admin-ports.ts'
import { bindAddress } from './bind-address.ts'
import { brokered } from './brokered.ts'
import { dockerPublish } from './docker-publish.ts'
import { fullSweep } from './full-sweep.ts'
import { ipv6 } from './ipv6.ts'
import { portSweep } from './port-sweep.ts'
import { tcpDirect } from './tcp-direct.ts'
import { vantageSet } from './vantage-set.ts'

export const consolidateChecks: readonly Check[] = [
  brokered,
  tcpDirect,
  vantageSet,
  portSweep,
  fullSweep,
  adminPorts,
  ipv6,
  dockerPublish,
  bindAddress,
]
