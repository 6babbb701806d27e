/** Which modules the generated files need, and the message that names a missing one. */
import { block, type ConfigNode, directive } from '../tree/node.ts'

const always = ['proxy', 'proxy_http', 'headers', 'rewrite', 'setenvif', 'unique_id', 'log_config'] as const

export const modulesFor = (hasHttps: boolean): readonly string[] => [...always, ...(hasHttps ? ['ssl'] : [])]

/** Apache would refuse an unknown directive anyway; this says what to do. */
export const requireModules = (hasHttps: boolean): readonly ConfigNode[] =>
  modulesFor(hasHttps).map((name) =>
    block(
      'IfModule',
      [`!${name}_module`],
      [directive('Error', `Lockgate needs the Apache module ${name}: a2enmod ${name}, or LoadModule ${name}_module`)],
    ),
  )
