/** The firewall planes by name, and the one that a host has. */
import { type FirewallPlane, type Host, LockgateError } from '@lockgate/model'
import { nftables } from './nftables/nftables.ts'

const built: Readonly<Partial<Record<FirewallPlane['id'], FirewallPlane>>> = { nftables }

/** null where lockgate.yaml says that the host has none, and why. */
export function firewallOf(host: Host): FirewallPlane | null {
  const kind = Object.keys(host.firewall)[0] as FirewallPlane['id'] | 'none'
  if (kind === 'none') return null
  const plane = built[kind]
  if (!plane) throw new LockgateError('LG1102', `${host.id}: this version does not write ${kind} rules`)
  return plane
}
