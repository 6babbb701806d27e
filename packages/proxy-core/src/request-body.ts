/** A request body on its way to the backend: counted, bounded in time, and apart from the client's socket, so that an error upstream still lets the proxy answer. */
import type { IncomingMessage } from 'node:http'
import { Readable, type Writable } from 'node:stream'
import { tooLarge } from './admit.ts'
import { type Refusal, refusal } from './refusal.ts'

export interface BodyRules {
  readonly limit: number
  readonly silentMs: number
  /** Whether the client may send nothing for longer, as in a call that goes both ways. */
  readonly mayRest: () => boolean
  /** Called once, when the backend's connection takes the body. */
  readonly onWanted: () => void
  /** Called before the stream fails for a reason that the client is to be told. */
  readonly onRefused: (why: Refusal) => void
}

const slow = refusal(408, 'The request body did not arrive in time.', true)
const overLimit = { ...tooLarge, close: true }

/** Trailers of the request stay behind: nothing reads them. */
export function requestBody(request: IncomingMessage, rules: BodyRules): Readable {
  let seen = 0
  let wanted = false
  let whole = false
  let stream: Writable | null = null
  const fail = (why: Refusal): void => {
    rules.onRefused(why)
    body.destroy(new Error(why.because))
  }
  const timer = setTimeout(() => (request.isPaused() || rules.mayRest() ? timer.refresh() : fail(slow)), rules.silentMs)
  const onData = (chunk: Buffer): void => {
    timer.refresh()
    seen += chunk.length
    if (seen > rules.limit) fail(overLimit)
    else if (!body.push(chunk)) request.pause()
  }
  const onEnd = (): void => {
    whole = true
    body.push(null)
  }
  const onCut = (): void => void (whole || body.destroy(new Error('The client went away.')))
  const body = new Readable({
    read() {
      if (!wanted) {
        wanted = true
        rules.onWanted()
        request.on('data', onData).on('end', onEnd)
      }
      request.resume()
    },
    destroy(error, done) {
      clearTimeout(timer)
      request.off('data', onData).off('end', onEnd).off('close', onCut).off('error', onCut)
      if (error) stream?.destroy(error)
      done(error)
    },
  })
  // Over HTTP/2 undici pipes it. Its own abort tells the backend nothing as long as the body is open (undici 8.12, node 24).
  const pipe = body.pipe.bind(body)
  body.pipe = (destination, options) => {
    stream = destination as unknown as Writable
    return pipe(destination, options)
  }
  request.on('close', onCut).on('error', onCut)
  // undici listens only while it sends; an error before or after that is nobody's, and must not end the process.
  body.on('error', () => undefined)
  return body
}
