/** Names of request headers that never pass as the client sent them. */
import { forwardingHeaders, refusedHeaders } from '@lockgate/model'

/** Hop-by-hop fields (RFC 9110 §7.6.1) that an engine does not end by itself. */
const hopByHop = ['proxy-connection', 'proxy-authorization', 'trailer'] as const

/** Removed and not set again. */
export const removedHeaders: readonly string[] = [...refusedHeaders, ...hopByHop]

/** Every name that must not arrive as sent, those among them that are set anew included. */
export const strippedHeaders: readonly string[] = [...forwardingHeaders, ...refusedHeaders]

/** The gateway's own word: probes and people tell its answers from a backend's by them. */
export const gatewaysWord: readonly string[] = refusedHeaders.filter((name) => name.startsWith('lockgate-'))
