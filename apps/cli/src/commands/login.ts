/** `lockgate login`: the operator's own session, for probes that must be signed in. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { LockgateError, type OperatorSession } from '@lockgate/model'
import { type LoopbackListener, loginByBrowser, loginByDevice } from '@lockgate/stages'
import type { Add } from '../command.ts'
import type { Context } from '../context.ts'

/** Milliseconds for a person to sign in and confirm. */
const patience = 600_000

export function addLogin(add: Add): void {
  add<{ device?: boolean }>(
    'login',
    'a session of your own for probes that must be signed in; no password is stored',
    (command) => command.option('--device', 'over ssh: type a code into a browser anywhere'),
    async (context, _args, { device }) =>
      context.withWorkspace(async (workspace) => {
        const session = device
          ? await loginByDevice(workspace, ({ url, code }) =>
              context.out.warn(`Open ${url} in a browser and type the code ${code}`),
            )
          : await withListener(context.signal, (listener) =>
              loginByBrowser(workspace, listener, (url) => {
                context.out.warn(`Sign in and confirm in your browser: ${url}`)
                openUrl(url)
              }),
            )
        return answer(context, session)
      }),
  )
}

function answer({ out }: Context, { session }: OperatorSession): number {
  const { user, acr, amr, contexts, mfaAt, endsAt } = session
  const until = new Date(endsAt).toISOString()
  out.answer({ user, acr, amr, contexts, mfaAt: mfaAt === null ? null : new Date(mfaAt).toISOString(), endsAt: until })
  const how = mfaAt === null ? 'without MFA, which identity.mfa-claim will say' : 'with MFA'
  out.say(`signed in as ${user}, ${how}, until ${until}. Next: lockgate verify identity`)
  return 0
}

const openers: Readonly<Partial<Record<NodeJS.Platform, readonly string[]>>> = {
  darwin: ['open'],
  win32: ['cmd', '/c', 'start', ''],
}

/** Where there is no browser the address that was printed has to do. */
function openUrl(url: string): void {
  const [program = '', ...args] = openers[process.platform] ?? ['xdg-open']
  const child = spawn(program, [...args, url.replaceAll('&', process.platform === 'win32' ? '^&' : '&')], {
    stdio: 'ignore',
    detached: true,
  })
  child.on('error', () => {})
  child.unref()
}

const done =
  '<!doctype html><meta charset="utf-8"><title>Lockgate</title><p>Signed in. You can close this window. 已登入，可以關閉這個視窗。'

async function withListener<T>(signal: AbortSignal, work: (listener: LoopbackListener) => Promise<T>): Promise<T> {
  const server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const query = new Promise<URLSearchParams>((resolve) => {
    server.on('request', ({ url = '/' }, response) => {
      const asked = new URL(url, 'http://127.0.0.1')
      const ours = asked.pathname === '/' && asked.searchParams.has('code')
      response.writeHead(ours ? 200 : 404, { 'content-type': 'text/html; charset=utf-8', connection: 'close' })
      response.end(ours ? done : '')
      if (ours) resolve(asked.searchParams)
    })
  })
  const late = once(AbortSignal.any([signal, AbortSignal.timeout(patience)]), 'abort').then(() => {
    throw new LockgateError('LG3301', `nobody confirmed the session within ${patience / 60_000} minutes; run it again`)
  })
  try {
    return await Promise.race([work({ port, query: () => query }), late])
  } finally {
    server.close()
    server.closeAllConnections()
  }
}
