/** Asks for the lab from where Keycloak stands: this process is outside of all places. */
import { request } from 'node:http'
import { join } from 'node:path'
import { json } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import type { Browser, Page, Visit } from '@lockgate/demo/idp'
import type { Home } from '../home.ts'

const program = fileURLToPath(new URL('./asking.ts', import.meta.url))

export interface AskingSetting {
  readonly socket: string
  readonly ca: string
  /** Milliseconds. */
  readonly patience: number
}

export interface AskingOrder {
  readonly url: string
  readonly visit: Visit
}

/** What came, or why nothing did. */
export type AskingAnswer =
  | { readonly page: Omit<Page, 'url' | 'forms'> & { readonly url: string } }
  | { readonly error: string }

export async function browserAt(home: Home, patience: number): Promise<Pick<Browser, 'ask'>> {
  const setting: AskingSetting = { socket: join(home.folder, 'asking.sock'), ca: home.authority.ca, patience }
  const child = await home.spawn([process.execPath, '--conditions=source', program, JSON.stringify(setting)])
  await child.until((stdout) => stdout.includes('listening'), 30_000)
  return {
    ask: async (url, visit = {}) => {
      const answer = await send(setting.socket, { url: String(url), visit })
      if ('error' in answer) throw new Error(answer.error)
      return { ...answer.page, url: new URL(answer.page.url), forms: [] }
    },
  }
}

const send = (socketPath: string, order: AskingOrder): Promise<AskingAnswer> =>
  new Promise((resolve, reject) => {
    const asked = request({ socketPath, method: 'POST' }, (response) =>
      json(response).then((answer) => resolve(answer as AskingAnswer), reject),
    )
    asked.on('error', reject)
    asked.end(JSON.stringify(order))
  })
