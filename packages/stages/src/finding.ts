/** What `lockgate doctor` found. */
export interface Finding {
  readonly subject: string
  readonly ok: boolean
  readonly text: string
}
