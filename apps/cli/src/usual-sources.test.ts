import { expect, test } from 'vitest'
import { usualSources } from './usual-sources.ts'

test('names what is there, and one compose file', () => {
  const there = ['/etc/nginx/nginx.conf', '/etc/haproxy/haproxy.cfg', '/srv/compose.yaml', '/srv/docker-compose.yml']
  expect(usualSources('/srv', (path) => there.includes(path))).toEqual([
    'nginx:/etc/nginx/nginx.conf',
    'haproxy:/etc/haproxy/haproxy.cfg',
    'compose:compose.yaml',
  ])
  expect(usualSources('/srv', () => false)).toEqual([])
})
