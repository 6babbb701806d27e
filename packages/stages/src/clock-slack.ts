/** Milliseconds that the clocks of those who write records and of those who judge them may differ. */
export const clockSlackMs = 60_000
