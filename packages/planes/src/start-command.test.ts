import { expect, test } from 'vitest'
import { startCommand } from './start-command.ts'

test.each([
  ['nginx -p /srv/ngx/ -c etc/edge.conf -s reload', 'nginx -p /srv/ngx/ -c etc/edge.conf'],
  ['apache2 -d /srv/web -k graceful', 'apache2 -d /srv/web -k start'],
  ['systemctl reload nginx', 'systemctl start nginx'],
  ['/usr/local/bin/reload-edge.sh', 'nginx'],
])('%s', (reload, start) => expect(startCommand(reload.split(' '), ['nginx']).join(' ')).toBe(start))
