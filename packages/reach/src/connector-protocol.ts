/** What this process and its child in another network namespace say to each other over the IPC channel. */
import type { ConnectFailure, Endpoint, NetworkIdentity, ScanOptions, ScanResult, ScanTarget } from '@lockgate/model'

export type ConnectorTask =
  | { readonly kind: 'connect'; readonly target: Endpoint; readonly timeoutMs?: number | undefined }
  | {
      readonly kind: 'scan'
      readonly targets: readonly ScanTarget[]
      readonly options: Pick<ScanOptions, 'concurrency' | 'retries' | 'timeoutMs'>
    }
  | { readonly kind: 'look' }

export type ConnectorRequest = { readonly id: number; readonly task: ConnectorTask } | { readonly abort: number }

/** What the child's own /proc shows of its namespace. */
export interface NamespaceLook extends NetworkIdentity {
  readonly tcp: string
  readonly tcp6: string | null
}

export type ConnectorAnswer =
  /** The socket travels beside the message. */
  | { readonly kind: 'connected'; readonly localAddress: string | null; readonly ms: number }
  | { readonly kind: 'not-connected'; readonly outcome: ConnectFailure; readonly detail: string; readonly ms: number }
  | { readonly kind: 'scanned'; readonly results: readonly ScanResult[] }
  | { readonly kind: 'looked'; readonly look: NamespaceLook }
  | { readonly kind: 'broke'; readonly message: string }

export type ConnectorMessage =
  | { readonly id: number; readonly answer: ConnectorAnswer }
  | { readonly id: number; readonly progress: { readonly done: number; readonly total: number } }
