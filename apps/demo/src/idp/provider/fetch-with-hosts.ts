/** fetch for back-channel logout to hosts that no DNS of this machine knows. */
import { request } from 'node:https'

/** `hosts`: host name to IP address; the certificate is still checked by name. */
export const fetchWithHosts =
  (hosts: Readonly<Record<string, string>>) =>
  async (input: string | URL | Request, init: RequestInit = {}): Promise<Response> => {
    const url = new URL(String(input))
    const { [url.hostname]: address = url.hostname } = hosts
    const headers = { ...Object.fromEntries(new Headers(init.headers)), host: url.host }
    return new Promise((resolve, reject) => {
      const asked = request(
        {
          host: address,
          servername: url.hostname,
          port: url.port || 443,
          path: `${url.pathname}${url.search}`,
          headers,
          method: init.method ?? 'GET',
          timeout: 5_000,
        },
        (answer) => {
          answer.resume()
          resolve(new Response(null, { status: answer.statusCode ?? 502 }))
        },
      )
      asked.on('error', reject)
      asked.on('timeout', () => asked.destroy(new Error(`no answer from ${url.host}`)))
      asked.end(init.body === undefined ? undefined : String(init.body))
    })
  }
