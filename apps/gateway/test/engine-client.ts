/** Speaks to the gateway's local listener as an engine does. */
import { request } from 'node:http'

export interface EngineAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: string
}

export interface EngineAsk {
  readonly path: string
  readonly host?: string
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

export const askSocket = (socketPath: string, ask: EngineAsk): Promise<EngineAnswer> =>
  new Promise((resolve, reject) => {
    const { path, host = 'lockgate.invalid', method = 'GET', headers = {}, body } = ask
    const asked = request({ socketPath, path, method, agent: false, headers: { ...headers, host } }, (response) => {
      let text = ''
      response.setEncoding('utf8').on('data', (chunk) => {
        text += chunk
      })
      response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text }))
    })
    asked.on('error', reject).end(body)
  })

/** What an engine says of a request that it took. */
export const questionFor = (
  backend: string,
  target: string,
  host: string,
  headers: Readonly<Record<string, string>> = {},
): Record<string, string> => ({
  'lockgate-backend': backend,
  'lockgate-method': 'GET',
  'lockgate-target': target,
  'lockgate-host': host,
  'lockgate-scheme': 'https',
  'lockgate-source': '192.0.2.7',
  ...headers,
})
