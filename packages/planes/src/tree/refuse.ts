/** What no configuration file can hold in one argument, whatever the quoting. */
import { LockgateError } from '@lockgate/model'

/** Control characters end lines or strings; the others make a reviewer see another text than the engine (CVE-2021-42574). */
const unprintable = /[\p{Cc}\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\p{Cs}]/u

export function refuse(text: string, because: string): never {
  const message = `${JSON.stringify(text)} cannot be written into the configuration: ${because}; change the value in lockgate.yaml`
  throw new LockgateError('LG1003', message)
}

/** Throws LG1003 for characters that end a line or hide what it says. */
export function requirePrintable(text: string): string {
  return unprintable.test(text) ? refuse(text, 'it has control, bidirectional or broken characters') : text
}

/** A name that we chose: of a directive or a variable. */
export function requireName(name: string): string {
  return /^[A-Za-z_][A-Za-z0-9_]*$/.test(name) ? name : refuse(name, 'it is not the name of a directive or variable')
}
