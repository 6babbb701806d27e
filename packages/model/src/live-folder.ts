/** Where a gateway lists the sessions that its engine may let in without asking, and where that engine looks them up. */
import { digest } from './json.ts'

/** What engine and gateway must agree on before a listed session is let in: with another of these it is another folder. */
export interface LiveRules {
  readonly id: string
  readonly public: { readonly scheme: string; readonly host: string; readonly port: number }
  /** How the backend is told who asks. */
  readonly kind: string
  /** Paths that need more than a session, for which none is listed. */
  readonly stepUp: readonly string[]
}

/** Holds the folders of all backends of an edge. */
export const liveHome = (state: string, edge: string): string => `${state}/${edge}/live`

export const liveFolder = ({ id, public: { scheme, host, port }, kind, stepUp }: LiveRules): string =>
  digest([id, scheme, host, port, kind, stepUp.toSorted()]).slice('sha256:'.length, 'sha256:'.length + 32)
