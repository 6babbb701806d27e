/** The firewall planes by name, and the one that a host has. */
import type { FirewallPlane, Host } from '@lockgate/model'
import { compose } from './compose/compose.ts'
import { kubernetes } from './kubernetes/kubernetes.ts'
import { nftables } from './nftables/nftables.ts'
import { systemd } from './systemd/systemd.ts'

export const firewalls: Readonly<Record<FirewallPlane['id'], FirewallPlane>> = {
  nftables,
  compose,
  kubernetes,
  systemd,
}

/** null where lockgate.yaml says that the host has none, and why. */
export function firewallOf(host: Host): FirewallPlane | null {
  const kind = Object.keys(host.firewall)[0] as FirewallPlane['id'] | 'none'
  return kind === 'none' ? null : firewalls[kind]
}
