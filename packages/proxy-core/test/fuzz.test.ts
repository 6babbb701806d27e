/** Whatever bytes come, the proxy goes on, nothing unexpected reaches the backend, and no fault is reported. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { get, routeTo, sendRaw, startBackend, startProxy, statusOf } from './stand.ts'

const pieces = fc.oneof(
  fc.constantFrom(
    'GET ',
    'POST ',
    '/',
    ' HTTP/1.1',
    ' HTTP/2.0',
    '\r\n',
    '\n',
    '\r',
    ': ',
    'Host: app.test\r\n',
    '0\r\n\r\n',
  ),
  fc.constantFrom(
    'Content-Length: 5\r\n',
    'Transfer-Encoding: chunked\r\n',
    'Connection: upgrade\r\n',
    'Upgrade: websocket\r\n',
  ),
  fc.constantFrom(
    'Expect: 100-continue\r\n',
    '5\r\nabcde\r\n',
    'http://app.test/',
    '%2e',
    '..',
    ';',
    '\0',
    '\xff',
    '#',
  ),
  fc.string({ maxLength: 8, unit: 'binary' }),
)

test('random requests', async () => {
  const backend = await startBackend()
  const faults: unknown[] = []
  const stand = await startProxy([routeTo(backend.port)], { onFault: (error) => faults.push(error) })
  try {
    await fc.assert(
      fc.asyncProperty(fc.array(pieces, { maxLength: 14 }), async (parts) => {
        await sendRaw(stand.port, [Buffer.from(`GET / HTTP/1.1\r\n${parts.join('')}\r\n\r\n`, 'latin1')], 60)
        await sendRaw(stand.port, [Buffer.from(parts.join(''), 'latin1')], 30)
      }),
      { numRuns: 60 },
    )
    expect(faults).toEqual([])
    expect(backend.seen.filter((one) => /\.\.|#|;/.test(one.url.split('?')[0] ?? ''))).toEqual([])
    expect(statusOf(await sendRaw(stand.port, get('/')))).toBe(200)
  } finally {
    await stand.close()
    await backend.close()
  }
})
