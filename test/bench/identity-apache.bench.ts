/** Stage identity on Apache, through the gateway, against mod_auth_openidc in its default setup and a minimal Apache by hand. */
import { existsSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { type Contender, compare, type IdentityStand, report, startIdentityStand } from './identity-stand.ts'
import { type RunningEngine, startForeground } from './peers/engine-pair.ts'

const rounds = Number(process.argv[2] ?? 5)
const seconds = Number(process.argv[3] ?? 3)
const basePort = 21_000 + (process.pid % 1_000) * 8

const library = '/usr/lib/apache2/modules'
const openidc = `${library}/mod_auth_openidc.so`
const modules =
  'mpm_event authn_core authz_core authz_user proxy proxy_http headers rewrite setenvif unique_id ssl socache_shmcb'.split(
    ' ',
  )

/** One child process; keep-alive without end, so that only the work for a request is compared. */
const main = (home: string, name: string, rest: string): string => `
ServerRoot ${home}
PidFile ${home}/${name}.pid
DefaultRuntimeDir ${home}
Mutex default:${home}
ErrorLog ${home}/${name}.error
ServerName edge.invalid
User www-data
Group www-data
MaxKeepAliveRequests 0
StartServers 1
ServerLimit 1
ThreadsPerChild 64
MaxRequestWorkers 64
MinSpareThreads 1
MaxSpareThreads 64
${modules.map((one) => `LoadModule ${one}_module ${library}/mod_${one}.so`).join('\n')}
${rest}
`

/** The usual lines of a reverse proxy with TLS, with the access log that Apache's own configuration has. */
const byHand = ({ home, certificate, backendPort }: IdentityStand, name: string, port: number, more = ''): string => `
Listen 127.0.0.1:${port}
LogFormat "%h %l %u %t \\"%r\\" %>s %b \\"%{Referer}i\\" \\"%{User-Agent}i\\"" combined
<VirtualHost 127.0.0.1:${port}>
  ServerName https://localhost:${port}
  SSLEngine on
  SSLCertificateFile ${certificate.certificate}
  SSLCertificateKeyFile ${certificate.key}
  ProxyPreserveHost On
  RequestHeader set X-Forwarded-Proto https
  ProxyPass / http://127.0.0.1:${backendPort}/
  ProxyPassReverse / http://127.0.0.1:${backendPort}/
  CustomLog ${home}/${name}.log combined
${more}
</VirtualHost>
`

/** As its documentation begins: sessions in shared memory, everything else as it comes. */
const withOpenidc = ({ idp }: IdentityStand, port: number): string => `
  OIDCProviderMetadataURL ${idp.issuer}/.well-known/openid-configuration
  OIDCSSLValidateServer Off
  OIDCClientID ${idp.client.id}
  OIDCClientSecret ${idp.client.secret}
  OIDCRedirectURI https://localhost:${port}/.lockgate/callback
  OIDCCryptoPassphrase benchmark
  <Location />
    AuthType openid-connect
    Require valid-user
  </Location>
`

if (!existsSync(openidc)) throw new Error(`${openidc} is not here: apt-get install libapache2-mod-auth-openidc`)
const stand = await startIdentityStand(
  'apache',
  { before: 'before', headers: 'headers', assertion: 'assertion' },
  basePort,
)
const running: RunningEngine[] = []
try {
  const { home } = stand
  const [hand, peer] = [basePort + 6, basePort + 7]
  const start = async (name: string, rest: string, port: number): Promise<number> => {
    await writeFile(`${home}/${name}.conf`, main(home, name, rest))
    const engine = await startForeground(['apache2', '-f', `${home}/${name}.conf`, '-DFOREGROUND'], port)
    running.push(engine)
    return engine.pid
  }
  const ours = await start('ours', `IncludeOptional ${home}/lockgate/*.conf`, stand.port('before'))
  const bare = await start('bare', byHand(stand, 'bare', hand), hand)
  const loaded = `LoadModule auth_openidc_module ${openidc}\n`
  const contender = await start('peer', loaded + byHand(stand, 'peer', peer, withOpenidc(stand, peer)), peer)
  const [headers, assertion] = [await stand.cookie('headers'), await stand.cookie('assertion')]
  await stand.idp.register(`https://localhost:${peer}`)
  const session = await stand.cookieAt(`https://localhost:${peer}/`)
  const contenders: readonly Contender[] = [
    { name: 'bare Apache', port: hand, pids: [bare], cookie: headers },
    { name: 'mod_auth_openidc', port: peer, pids: [contender], cookie: session },
    { name: 'before stage identity', port: stand.port('before'), pids: [ours], cookie: headers },
    { name: 'headers', port: stand.port('headers'), pids: [ours, stand.gatewayPid], cookie: headers },
    { name: 'assertion', port: stand.port('assertion'), pids: [ours, stand.gatewayPid], cookie: assertion },
  ]
  const figures = await compare(contenders, { rounds, seconds })
  report('identity-apache headers, with the gateway', figures, 'headers', 'mod_auth_openidc', 1.8)
  report('identity-apache assertion, with the gateway', figures, 'assertion', 'mod_auth_openidc', 1.8)
  report('identity-apache headers, with the gateway', figures, 'headers', 'before stage identity')
  report('identity-apache headers, with the gateway', figures, 'headers', 'bare Apache')
} finally {
  for (const engine of running) await engine.stop()
  await stand.close()
}
