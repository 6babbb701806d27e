/** The five stages, in the order in which their gates open. `built` says which ones this version has. */
import type { Stage, StageId } from '@lockgate/model'

export const stages: readonly (Stage & { readonly built: boolean })[] = [
  { id: 'consolidate', title: 'Every backend is reached only through the proxy', after: [], built: true },
  { id: 'identity', title: 'The proxy signs users in, backends do not', after: ['consolidate'], built: true },
  { id: 'encrypt', title: 'Proxy to backend is verified HTTPS', after: ['identity'], built: false },
  {
    id: 'authorize',
    title: 'Each URL is allowed to whom it must be, nothing else is',
    after: ['encrypt'],
    built: false,
  },
  { id: 'devices', title: 'Devices and services prove who they are', after: ['authorize'], built: false },
]

export const builtStages: readonly StageId[] = stages.filter((one) => one.built).map((one) => one.id)
