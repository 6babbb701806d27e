/** What the primary process and its workers say to each other. */
import type { Generation } from './read-config.ts'

export type Order =
  | { readonly kind: 'prepare' | 'commit' | 'publish'; readonly generation: Generation }
  | { readonly kind: 'withdraw' | 'reopenLog' }
  | { readonly kind: 'close'; readonly graceMs: number }

export type OrderMessage = Order & { readonly id: number }

/** `because` is null where the order was carried out. */
export interface Done {
  readonly id: number
  readonly because: string | null
}
