/** What passing checks of this stage contribute to. */
import type { Mapping } from '@lockgate/model'

export const authentication: Mapping = { tenets: [3, 6], ztmm: ['Authentication'] }
export const identityStores: Mapping = { tenets: [6], ztmm: ['Identity Stores'] }
export const governance: Mapping = { tenets: [6, 7], ztmm: ['Authentication', 'Governance Capability'] }
