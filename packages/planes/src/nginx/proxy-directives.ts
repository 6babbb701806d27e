/** Small directives that every forwarding location is made of. */
import { type Argument, type ConfigNode, directive } from '../tree/node.ts'

const longestTimer = 2_147_483_647

export const setHeader = (name: string, value: Argument): ConfigNode => directive('proxy_set_header', name, value)

/** An empty value removes the header, in any case and however often it was sent. */
export const removals = (names: readonly string[]): readonly ConfigNode[] => names.map((name) => setHeader(name, ''))

export const milliseconds = (value: number): string => `${Math.min(Math.max(1, Math.round(value)), longestTimer)}ms`

/** 0 would mean unlimited to nginx. */
export const bytes = (limit: number): string => String(Math.min(Math.max(1, limit), Number.MAX_SAFE_INTEGER))
