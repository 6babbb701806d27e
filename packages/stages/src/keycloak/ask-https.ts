/** One HTTPS request to an identity provider, with the authority that lockgate.yaml names for it. */
import { type RequestOptions, request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'

export interface HttpAsked {
  readonly method: 'GET' | 'POST' | 'PUT'
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | null
}

export interface HttpAnswered {
  readonly status: number
  readonly body: string
}

/** Rejects where nothing whole came. */
export type AskHttp = (asked: HttpAsked) => Promise<HttpAnswered>

/** Milliseconds for the whole answer. */
const patience = 10_000
const most = 1_048_576

/** `ca`: PEM that is trusted instead of the system's roots; null: the system's roots. Redirects are not followed. */
export const askHttps =
  (ca: string | null): AskHttp =>
  ({ method, url, headers, body }) =>
    new Promise((resolve, reject) => {
      const options: RequestOptions & { readonly ca?: string } = {
        method,
        headers: body === null ? headers : { ...headers, 'content-length': String(Buffer.byteLength(body)) },
        agent: false,
        signal: AbortSignal.timeout(patience),
        ...(ca === null ? {} : { ca }),
      }
      const send = url.startsWith('https:') ? requestHttps : requestHttp
      const asked = send(url, options, (answer) => {
        const chunks: Buffer[] = []
        let size = 0
        answer.on('data', (chunk: Buffer) => {
          chunks.push(chunk)
          size += chunk.length
          if (size > most) asked.destroy(new Error(`the answer is larger than ${most} bytes`))
        })
        answer.on('error', reject)
        answer.on('end', () =>
          resolve({ status: answer.statusCode ?? 0, body: Buffer.concat(chunks).toString('utf8') }),
        )
      })
      asked.on('error', reject)
      asked.end(body ?? undefined)
    })
