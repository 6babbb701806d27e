/**
 * Whether a request is the usual one of a session that the gateway has listed: in a folder with a file for each session, named
 * by the digest of its cookie. Whatever is missing, over or unusual goes through the gateway.
 */
import type { Backend } from '@lockgate/model'
import { authority } from '../tree/authority.ts'
import { type ConfigNode, directive, literalPattern, pattern, template, variable } from '../tree/node.ts'
import { usualLine } from './usual-request.ts'

/** When Apache took the request, in microseconds: the one clock of its rules that summer time does not turn back. */
export const askedAt = 'Lockgate-Asked-At'

/** As mod_headers writes it. */
const time = '(t=\\d{16})'

/** What the file of a session says after its times, line by line, for backends with `identity: headers`. */
export const told = {
  'Lockgate-User': 'lockgate_user',
  'Lockgate-Subject': 'lockgate_subject',
  'Lockgate-Email': 'lockgate_email',
  'Lockgate-Groups': 'lockgate_groups',
  'Lockgate-Session': 'lockgate_session',
} as const

export const toldTo = ({ identity }: Backend): readonly (readonly [string, string])[] =>
  identity === 'headers' ? Object.entries(told) : []

/** One of ours that is not the session's, or one that has our prefix nowhere; by a comma Apache joins two headers. */
const otherCookie = '(?:__Host-lockgate_[a-z]+=[^;,]*|(?!(?i:[^;]*__host-lockgate))[^;\\s][^;]*)'
const oneSession = `^(?:${otherCookie}; )*+__Host-lockgate=([A-Za-z0-9_-]{43})(?:; ${otherCookie})*+$`

/** Looked for before it is read, because Apache logs an error for one that cannot be read. */
function isListed(folder: string, lines: number): string {
  const file = `'${folder}/$1'`
  const now = `%{req_novary:${askedAt}}`
  return [
    `%{req_novary:Cookie} =~ m#${oneSession}#`,
    'sha1($1) =~ m#^([0-9a-f]{40})$#',
    `-f ${file}`,
    `file(${file}) =~ m#^${time} ${time}\\n${'([^\\n]*)\\n'.repeat(lines)}\\.$#`,
    `${now} >= '$1'`,
    `${now} < '$2'`,
  ].join(' && ')
}

/** A stream must end with its session, so the gateway carries it; a step-up path needs more than a session. */
function usual(backend: Backend, stepUp: readonly string[]): string {
  const prefixes = stepUp.map((one) => literalPattern(one.replace(/\/+$/, '')))
  const elsewhere = prefixes.length === 0 ? '' : `(?!(?i:${prefixes.join('|')})[/? ])`
  return `^\\|(?!(?i:[^|]*event-stream))[^|]*\\|${usualLine(backend, elsewhere)}`
}

const looked = template(
  variable('%{HTTP:Upgrade}'),
  '|',
  variable('%{HTTP:Accept}'),
  '|',
  variable('%{HTTP:Content-Length}'),
  ' ',
  variable('%{THE_REQUEST}'),
)

/** Conditions for one rule, in which `%3` and those after it are what is told. */
export function whenListed(backend: Backend, folder: string, stepUp: readonly string[]): readonly ConfigNode[] {
  const { scheme, host } = backend.public
  const when = (name: string, value: string) => directive('RewriteCond', variable(name), pattern(value))
  return [
    ...(scheme === 'https' ? [when('%{SSL:SSL_TLS_SNI}', `=${host}`)] : []),
    when('%{HTTP_HOST}', `=${authority(backend.public)}`),
    directive('RewriteCond', looked, pattern(usual(backend, stepUp))),
    directive('RewriteCond', 'expr', pattern(isListed(folder, toldTo(backend).length))),
  ]
}
