export { apache } from './apache/apache.ts'
export { operatorListeners } from './apache/listeners.ts'
export { builtin } from './builtin/builtin.ts'
export { envoy } from './envoy/envoy.ts'
export { compose } from './firewall/compose/compose.ts'
export { firewallOf, firewalls } from './firewall/firewalls.ts'
export { kubernetes } from './firewall/kubernetes/kubernetes.ts'
export { nftables } from './firewall/nftables/nftables.ts'
export { systemd } from './firewall/systemd/systemd.ts'
export { type EntraApplication, type EntraCommand, entraApplication, entraCommands } from './idp/entra.ts'
export { idpSteps } from './idp/idp-steps.ts'
export { idpUrls } from './idp/idp-urls.ts'
export {
  type KeycloakClient,
  type KeycloakDifference,
  keycloakClient,
  keycloakDiff,
  keycloakRealm,
  type LiveKeycloakClient,
} from './idp/keycloak.ts'
export { nginx } from './nginx/nginx.ts'
export { planes } from './planes.ts'
