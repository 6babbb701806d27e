/** The checks of stage consolidate, in the order in which they are told. */
import type { Check } from '@lockgate/model'
import { absoluteLinks } from './absolute-links.ts'
import { adminPorts } from './admin-ports.ts'
import { bindAddress } from './bind-address.ts'
import { brokered } from './brokered.ts'
import { dockerPublish } from './docker-publish.ts'
import { flowResidue } from './flow-residue.ts'
import { fullSweep } from './full-sweep.ts'
import { hostSni } from './host-sni.ts'
import { ipv6 } from './ipv6.ts'
import { kubernetesSide } from './kubernetes-side.ts'
import { oldDns } from './old-dns.ts'
import { portSweep } from './port-sweep.ts'
import { tcpDirect } from './tcp-direct.ts'
import { vantageSet } from './vantage-set.ts'
import { vhostBypass } from './vhost-bypass.ts'

export const consolidateChecks: readonly Check[] = [
  brokered,
  tcpDirect,
  vantageSet,
  portSweep,
  fullSweep,
  adminPorts,
  ipv6,
  dockerPublish,
  kubernetesSide,
  hostSni,
  vhostBypass,
  oldDns,
  bindAddress,
  absoluteLinks,
  flowResidue,
]
