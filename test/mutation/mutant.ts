/** A protection taken out, and the test that must notice. */
export interface Mutant {
  /** What is taken out, in a few words. */
  readonly name: string
  /** Advisories of the table, or other reasons, that the protection answers. */
  readonly answers: readonly string[]
  readonly file: string
  /** Occurs exactly once in the file. */
  readonly from: string
  readonly to: string
  readonly test: {
    readonly file: string
    /** Part of the name of a test that must fail, as a regular expression for `vitest -t`. */
    readonly name: string
  }
}
