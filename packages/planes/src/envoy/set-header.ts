/** A header that Envoy sets, whatever was there; `value` is a format string (`%…%` is replaced). */
export const setHeader = (key: string, value: string) => ({
  header: { key, value },
  append_action: 'OVERWRITE_IF_EXISTS_OR_ADD',
})
