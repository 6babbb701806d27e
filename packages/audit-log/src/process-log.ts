/** The process log: pino to stderr, with secrets taken out of every line before it leaves the process. */
import { createRequire } from 'node:module'
import type { DestinationStream, Level, Logger } from 'pino'
import { redactText, redactValue } from './redact.ts'

/** How much the process says, where, and what it must never say. */
export interface ProcessLogOptions {
  readonly level: Level | 'silent'
  /** Where lines go; stderr unless said. */
  readonly stream?: DestinationStream | undefined
  /** Values that must appear nowhere. Looked at anew for every line, so a set may grow while secrets are read. */
  readonly secrets?: Iterable<string> | undefined
}

const stderr = 2
/** Commands that log nothing do not wait for pino to load. */
const require = createRequire(import.meta.url)

/**
 * The finished line is what is redacted, so that nothing gets by it: bindings of child loggers, serialised errors and their fields, format arguments.
 */
function redactLine(line: string, secrets: Iterable<string>): string {
  const text = redactText(secrets)
  try {
    return `${JSON.stringify(redactValue(JSON.parse(line), text))}\n`
  } catch {
    return text(line)
  }
}

/** Writes synchronously, so that nothing is lost when the process ends. `secrets` must be iterable more than once: a Set or an array. */
export const processLog = ({ level, stream, secrets = [] }: ProcessLogOptions): Logger => {
  const { destination, pino } = require('pino') as typeof import('pino')
  return pino(
    {
      level,
      base: null,
      timestamp: () => `,"at":"${new Date().toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
      hooks: { streamWrite: (line) => redactLine(line, secrets) },
    },
    stream ?? destination({ dest: stderr, sync: true }),
  )
}
