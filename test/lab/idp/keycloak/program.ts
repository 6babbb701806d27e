/** Keycloak's process: started, waited for, ended, started again on the same port with the same database. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Browser } from '@lockgate/demo/idp'
import { keycloakFolder } from '../../have.ts'
import type { Home } from '../home.ts'

/** An administrator by client credentials, made with the database. */
export const adminClient = { id: 'lab-admin', secret: 'lab-admin-secret-5a0d' }

export interface ProgramOptions {
  readonly home: Home
  /** `https://HOST:PORT` */
  readonly base: URL
  /** Host names to addresses, for what Keycloak calls. */
  readonly hosts: Readonly<Record<string, string>>
  readonly browser: Pick<Browser, 'ask'>
}

export interface Program {
  /** Back when it answers. */
  start(): Promise<void>
  stop(): Promise<void>
}

/** H2 adds `.mv.db`. */
export const databaseFile = (home: Home): string => join(home.folder, 'database.mv.db')

/** Java asks no DNS once it has a file of hosts, so that all names it needs are in it. */
function hostsFile({ home, base, hosts }: ProgramOptions): string {
  const file = join(home.folder, 'hosts')
  const lines = Object.entries({ localhost: '127.0.0.1', [base.hostname]: home.address, ...hosts })
  writeFileSync(file, lines.map(([name, address]) => `${address} ${name}\n`).join(''))
  return file
}

async function spawn(options: ProgramOptions) {
  const { home, base } = options
  const pair = await home.authority.issue('keycloak', [base.hostname])
  const settings = {
    hostname: base.origin,
    'http-host': home.address,
    'https-port': base.port,
    'https-certificate-file': pair.certificate,
    'https-certificate-key-file': pair.key,
    'truststore-paths': home.authority.ca,
    'db-url': `jdbc:h2:file:${home.folder}/database;NON_KEYWORDS=VALUE;DB_CLOSE_ON_EXIT=FALSE`,
    cache: 'local',
    'log-level': 'warn',
  }
  const argv = Object.entries(settings).map(([name, value]) => `--${name}=${value}`)
  return home.spawn(['sh', join(keycloakFolder, 'bin/kc.sh'), 'start', '--optimized', ...argv], {
    env: {
      KC_BOOTSTRAP_ADMIN_CLIENT_ID: adminClient.id,
      KC_BOOTSTRAP_ADMIN_CLIENT_SECRET: adminClient.secret,
      JAVA_OPTS_KC_HEAP: '-Xms64m -Xmx512m',
      // Short runs: what the optimising compiler costs is more than it gives.
      JAVA_OPTS_APPEND: `-XX:TieredStopAtLevel=1 -Djdk.net.hosts.file=${hostsFile(options)}`,
    },
  })
}

export function createProgram(options: ProgramOptions): Program {
  let child: Awaited<ReturnType<typeof spawn>> | null = null
  const answers = (): Promise<boolean> =>
    options.browser.ask(`${options.base.origin}/realms/master`).then(
      ({ status }) => status === 200,
      () => false,
    )
  return {
    start: async () => {
      const started = await spawn(options)
      child = started
      let ended = false
      started.exited.then(() => {
        ended = true
      })
      for (const end = Date.now() + 150_000; !(await answers()); await sleep(200))
        if (ended || Date.now() > end) throw new Error(`Keycloak did not start\n${started.stdout()}${started.stderr()}`)
    },
    stop: async () => {
      await child?.stop()
    },
  }
}
