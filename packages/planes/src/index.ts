export { builtin } from './builtin/builtin.ts'
export { firewallOf } from './firewall/firewalls.ts'
export { nftables } from './firewall/nftables/nftables.ts'
export { planes } from './planes.ts'
