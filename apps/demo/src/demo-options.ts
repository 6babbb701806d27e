/** What the demo is asked for, and where it speaks. */

export interface DemoOptions {
  /** argv that runs the command line, to which arguments are added. */
  readonly lockgate: readonly string[]
  /** Wait for Enter after each step. */
  readonly step: boolean
  /** Insist on network namespaces, with nginx as the engine. */
  readonly lab: boolean
  readonly json: boolean
  /** Where the demo is kept; null: a new temporary folder. */
  readonly folder: string | null
  readonly signal: AbortSignal
  readonly say: (line: string) => void
  readonly answer: (value: unknown) => void
}
