/** What the primary process and its workers say to each other. */
import type { AuditRecord } from './identity/audit.ts'
import type { ListChange } from './identity/listing.ts'
import type { Generation } from './read-config.ts'

export type Order =
  | { readonly kind: 'prepare' | 'commit' | 'publish'; readonly generation: Generation }
  | { readonly kind: 'withdraw' | 'reopenLog' }
  | { readonly kind: 'close'; readonly graceMs: number }

export type OrderMessage = Order & { readonly id: number }

/** Records for the audit log and changes of the list of live sessions, which the primary process writes. */
export interface Reported {
  readonly audit: readonly AuditRecord[]
  readonly list: readonly ListChange[]
}

/** `because` is null where the order was carried out. */
export interface Done {
  readonly id: number
  readonly because: string | null
}
