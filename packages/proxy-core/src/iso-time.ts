/** RFC 3339 times for the access log: the second's text is made once, since many requests end in one. */

/** From milliseconds since the epoch to `2026-11-23T09:00:00.123Z`. */
export function createIsoTime(): (ms: number) => string {
  const last = { second: Number.NaN, text: '' }
  return (ms) => {
    const whole = Math.floor(ms)
    const second = Math.floor(whole / 1_000)
    if (second !== last.second) {
      last.second = second
      last.text = new Date(second * 1_000).toISOString().slice(0, 20)
    }
    return `${last.text}${String(whole - second * 1_000).padStart(3, '0')}Z`
  }
}
