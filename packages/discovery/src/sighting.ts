/** One mention of a backend in one source, and what a reader of such a source gives. */
import type { Unread } from './shapes.ts'

/** An address that the source itself says is open to more than its own machine. */
export interface Exposed {
  /** IP address, or `0.0.0.0` and `::` for all of the host's. */
  readonly address: string
  readonly port: number
  /** What opens it, such as `compose ports` or `NodePort`. */
  readonly by: string
}

export interface Sighting {
  /** What the source calls it, or null. */
  readonly name: string | null
  /** `http://host:port`, or null. */
  readonly upstream: string | null
  /** Every `host:port` that means the same backend, in lower case; mentions that share one are joined. */
  readonly keys: readonly string[]
  /** `https://payroll.acme.test`, names that users see. */
  readonly publics: readonly string[]
  /** Only some paths of these lead to it. */
  readonly partial: boolean
  /** The hosts that it runs on, each with all its addresses or names that are said. */
  readonly hosts: readonly (readonly string[])[]
  readonly ports: readonly number[]
  readonly exposed: readonly Exposed[]
  readonly notes: readonly string[]
  readonly file: string | null
  readonly line: number | null
  /** Where its code is. */
  readonly code?: string
  readonly owner?: string
  readonly wave?: string
}

export interface SightingsRead {
  readonly sightings: readonly Sighting[]
  readonly unread: readonly Unread[]
}

const nothing: Sighting = {
  name: null,
  upstream: null,
  keys: [],
  publics: [],
  partial: false,
  hosts: [],
  ports: [],
  exposed: [],
  notes: [],
  file: null,
  line: null,
}

/** A sighting of which only some is known. */
export const sighted = (known: Partial<Sighting>): Sighting => ({ ...nothing, ...known })
