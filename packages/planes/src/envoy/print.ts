/**
 * Prints resources as JSON, which is YAML: every string is quoted, so nothing in one can be taken for a number, a key
 * or an alias. A cluster and a virtual host take one line each, so that a difference shows lines of one backend.
 */

/** A field that only such an object has. */
const oneLine = ['load_assignment', 'domains'] as const

const isOneLine = (value: object): boolean => oneLine.some((key) => key in value)

function lines(value: unknown, indent: string): string {
  if (typeof value !== 'object' || value === null || isOneLine(value)) return JSON.stringify(value)
  const inner = `${indent} `
  const items = Array.isArray(value)
    ? value.map((one) => lines(one, inner))
    : Object.entries(value).map(([key, one]) => `${JSON.stringify(key)}: ${lines(one, inner)}`)
  const [open, close] = Array.isArray(value) ? '[]' : '{}'
  return items.length === 0 ? `${open}${close}` : `${open}\n${inner}${items.join(`,\n${inner}`)}\n${indent}${close}`
}

export const print = (value: object): string => `${lines(value, '')}\n`
