/** Seconds by which the IdP's clock may differ from ours. */
export const CLOCK_TOLERANCE = 60
