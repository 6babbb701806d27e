/** The operator's own main configuration of nginx in the demo's lab. */

export interface NginxEngine {
  readonly file: string
  readonly content: string
  readonly start: readonly string[]
  readonly test: readonly string[]
  readonly reload: readonly string[]
}

export function nginxFiles(home: string, config: string): NginxEngine {
  const file = `${home}/nginx.conf`
  const argv = ['nginx', '-p', home, '-c', file]
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (name) => `  ${name}_temp_path ${home}/${name};`,
  )
  const content = `daemon off;
pid ${home}/nginx.pid;
error_log stderr notice;
events { worker_connections 1024; }
http {
  access_log off;
${temporary.join('\n')}
  include ${config}/*.conf;
}
`
  return { file, content, start: argv, test: [...argv, '-t'], reload: [...argv, '-s', 'reload'] }
}
