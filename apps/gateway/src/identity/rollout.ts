/** How far a backend has come: whether what would be denied is denied. */
import { hash } from 'node:crypto'
import type { GatewayConfig } from '@lockgate/model'

export type BackendIdentity = NonNullable<GatewayConfig['backends'][number]['identity']>

/** `who` is the session's public name, or the source address of whoever has none: the same person is always on the same side. */
export function isEnforced({ mode, percent }: BackendIdentity, who: string): boolean {
  if (mode === 'enforce') return true
  if (mode === 'observe' || percent <= 0) return false
  return Number.parseInt(hash('sha256', who, 'hex').slice(0, 8), 16) / 0x1_0000_0000 < percent / 100
}
