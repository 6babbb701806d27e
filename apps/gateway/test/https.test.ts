import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { connect } from 'node:tls'
import { generationHost } from '@lockgate/model'
import { expect, test } from 'vitest'
import {
  configOf,
  type Folder,
  freePort,
  generationOf,
  makeFolder,
  startBackend,
  startGateway,
  until,
} from './gateway-stand.ts'

/** Writes NAME.pem and NAME.key into the folder; the common name tells one issue from the next. */
function issue(folder: Folder, name: string, commonName: string): { certificate: string; key: string } {
  const pair = { certificate: join(folder.path, `${name}.pem`), key: join(folder.path, `${name}.key`) }
  const made = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2']
  const argv = ['req', '-x509', ...made, '-subj', `/CN=${commonName}`, '-keyout', pair.key, '-out', pair.certificate]
  execFileSync('openssl', argv, { stdio: 'ignore' })
  return pair
}

function ask(
  port: number,
  servername: string | null,
  host: string,
): Promise<{ commonName: string; answer: string } | null> {
  return new Promise((resolve) => {
    const more = servername === null ? {} : { servername }
    const socket = connect({ port, host: '127.0.0.1', rejectUnauthorized: false, ...more })
    let [answer, commonName] = ['', '']
    socket.on('secureConnect', () => {
      commonName = String(socket.getPeerCertificate().subject?.CN)
      socket.write(`GET / HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`)
    })
    socket.on('data', (chunk) => {
      answer += chunk
    })
    socket.on('error', () => resolve(null)).on('close', () => resolve({ commonName, answer }))
  })
}

test.each(['1', '2'])(
  'https with %s worker(s): certificates by name, the generation, and certificates that change',
  async (workers) => {
    const { port: backend } = await startBackend((_request, response) => void response.end('from the backend'))
    const folder = makeFolder()
    const port = await freePort()
    const gateway = startGateway(folder, ['--workers', workers])
    const base = configOf(folder, port, backend)
    const [app] = base.backends
    if (!app) throw new Error('no backend')
    folder.write({
      ...base,
      listen: [{ scheme: 'https', host: '127.0.0.1', port }],
      tls: { default: issue(folder, 'default', 'default-1'), names: { 'app.test': issue(folder, 'app', 'app-1') } },
      backends: [{ ...app, public: { scheme: 'https', host: 'app.test', port: 443 } }],
    })
    const shown = generationHost(generationOf('a'))
    await until(async () => (await ask(port, shown, shown))?.answer.endsWith(generationOf('a')) === true, 'generation')
    expect(await ask(port, 'app.test', 'app.test')).toMatchObject({
      commonName: 'app-1',
      answer: expect.stringMatching(/200 OK[\s\S]*from the backend/),
    })
    expect((await ask(port, null, shown))?.answer).toContain(generationOf('a'))
    expect((await ask(port, 'other.test', 'app.test'))?.answer).toMatch(/^HTTP\/1\.1 421/)

    issue(folder, 'app', 'app-2')
    await until(async () => (await ask(port, 'app.test', 'app.test'))?.commonName === 'app-2', 'the new certificate')
    writeFileSync(join(folder.path, 'app.key'), 'broken')
    await until(() => gateway.log().includes('are not a certificate and its key'), 'the log says why')
    expect((await ask(port, 'app.test', 'app.test'))?.commonName).toBe('app-2')
  },
)
