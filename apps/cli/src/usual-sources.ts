/** Configurations at their usual places on this machine, to begin from. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'

const machine: readonly string[] = [
  'nginx:/etc/nginx/nginx.conf',
  'apache:/etc/apache2/apache2.conf',
  'apache:/etc/httpd/conf/httpd.conf',
  'envoy:/etc/envoy/envoy.yaml',
  'haproxy:/etc/haproxy/haproxy.cfg',
]
const beside = ['compose.yaml', 'compose.yml', 'docker-compose.yaml', 'docker-compose.yml']

/** As `--from` takes them; `isThere` is asked for absolute paths. */
export function usualSources(dir: string, isThere: (path: string) => boolean = existsSync): readonly string[] {
  const files = machine.filter((one) => isThere(one.slice(one.indexOf(':') + 1)))
  const compose = beside.filter((one) => isThere(join(dir, one))).map((one) => `compose:${one}`)
  return [...files, ...compose.slice(0, 1)]
}
