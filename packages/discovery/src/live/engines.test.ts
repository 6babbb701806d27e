import { describe, expect, it } from 'vitest'
import { masters, optionOf, parseProcesses } from './engines.ts'

const ps = `
      1       0 /sbin/init
    100       1 nginx: master process /usr/sbin/nginx -c /etc/a b.conf
    101     100 nginx: worker process
    102     100 nginx: worker process is shutting down
    110       1 nginx -g daemon off;
    200       1 /usr/sbin/apache2 -k start
    201     200 /usr/sbin/apache2 -k start
    300       1 /opt/envoy -c /etc/envoy.yaml
    400       1 vim nginx.conf
    500       1 grep nginx: master process
    oops
`

describe('engines among processes', () => {
  const lines = parseProcesses(ps)
  it.each([
    [['nginx'], [100, 110]],
    [['apache2', 'httpd'], [200]],
    [['envoy'], [300]],
  ])('%j', (programs, pids) => {
    expect(masters(lines, programs).map((one) => one.pid)).toEqual(pids)
  })

  it.each([
    [['-c', '/a'], ['-c'], '/a'],
    [['-c/a'], ['-c'], '/a'],
    [['--config-path=/a', '-l', 'off'], ['-c', '--config-path'], '/a'],
    [['--config-path', '/a'], ['-c', '--config-path'], '/a'],
    [['--concurrency', '1'], ['-c', '--config-path'], null],
    [['-c', '/a', '-c', '/b'], ['-c'], '/b'],
    [['-c'], ['-c'], null],
  ])('%j, the value of %j', (args, names, value) => {
    expect(optionOf(args, names)).toBe(value)
  })
})
