/** fetch for the IdP: its CA, a time limit, and a limit to what it may answer. */
import { Agent, fetch as undiciFetch } from 'undici'

/** Discovery, JWKS, tokens and claims are far smaller. */
const MAX_ANSWER = 1_048_576
const TIMEOUT = 10_000

type Fetch = typeof fetch

/** The answer read whole, or a rejection that says how large it was allowed to be. */
async function readBounded(response: Response, url: string): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of response.body ?? []) {
    size += chunk.length
    if (size > MAX_ANSWER) throw new Error(`the answer of ${url} is larger than ${MAX_ANSWER} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

export const boundFetch =
  (inner: Fetch): Fetch =>
  async (input, init) => {
    const url = String(input instanceof Request ? input.url : input)
    const signal = AbortSignal.any([AbortSignal.timeout(TIMEOUT), ...(init?.signal ? [init.signal] : [])])
    const response = await inner(input, { ...init, redirect: 'manual', signal })
    const body = await readBounded(response, url.split('?')[0] as string)
    const empty = body.length === 0 && (response.status === 204 || response.status === 304)
    return new Response(empty ? null : body, {
      status: response.status,
      headers: [...response.headers].filter(([name]) => name !== 'content-encoding' && name !== 'content-length'),
    })
  }

/** `ca`: PEM that is trusted instead of the system's roots. */
export function createIdpFetch(ca: string | null): { readonly fetch: Fetch; close(): Promise<void> } {
  const agent = new Agent({ connect: ca === null ? {} : { ca }, connections: 16, connectTimeout: 5_000 })
  let closing: Promise<void> | null = null
  const withAgent = (input: unknown, init?: unknown) =>
    undiciFetch(input as string, { ...(init as object), dispatcher: agent }) as unknown as Promise<Response>
  return { fetch: boundFetch(withAgent as Fetch), close: () => (closing ??= agent.close()) }
}
