/** What takes time: upgrades, events, large bodies, reloads, and what is written about them. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { connect as connectHttp2 } from 'node:http2'
import { setTimeout as sleep } from 'node:timers/promises'
import { connect as connectTls } from 'node:tls'
import { accessLogRecord, forwardingHeaders, generationHost, refusedHeaders } from '@lockgate/model'
import type { Bench } from '../bench.ts'
import { type BackendName, type Listener, request, type ScenarioCase } from '../case.ts'
import { digestOf, eventCount, eventGapMs, pieceOf, tickMs } from '../echo-backend.ts'
import { frame, openCall } from '../grpc-call.ts'
import { valuesOf } from '../message.ts'
import { open, readAnswers, send } from '../raw-client.ts'

const bytesOf = (bench: Bench, to: BackendName, parts: Parameters<typeof request>[0]) =>
  request(parts).replaceAll('{authority}', bench.authority(to))

async function get(bench: Bench, target: string, to: BackendName = 'app', fields: readonly string[] = []) {
  const bytes = bytesOf(bench, to, { target, fields })
  const { answers, ended, error } = await send(bench.destination('http', null), bytes, {
    methods: ['GET'],
    timeoutMs: 20_000,
  })
  assert.ok(answers[0], `no answer to ${target}: ${ended} ${error}`)
  return answers[0]
}

const upgradeFields = [
  'Connection: Upgrade',
  'Upgrade: websocket',
  'Sec-WebSocket-Version: 13',
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
]

async function echoThrough(bench: Bench, listener: Listener, to: BackendName) {
  const socket = await open(bench.destination(listener, bench.authority(to).split(':')[0] ?? null))
  try {
    socket.write(bytesOf(bench, to, { target: '/socket', fields: upgradeFields }))
    let received = Buffer.alloc(0)
    socket.on('data', (piece: Buffer) => {
      received = Buffer.concat([received, piece])
    })
    const until = async (text: string) => {
      for (const end = performance.now() + 5_000; !received.includes(text); await sleep(10))
        assert.ok(
          performance.now() < end,
          `${text} did not come back, but ${JSON.stringify(received.toString('latin1'))}`,
        )
    }
    await until('\r\n\r\n')
    const head = received.toString('latin1')
    assert.match(head, /^HTTP\/1\.1 101 /)
    assert.match(head, /sec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK\+xOo=/i)
    socket.write('first frame')
    await until('first frame')
    await sleep(200)
    socket.write('second frame')
    await until('second frame')
  } finally {
    socket.destroy()
  }
}

const pieces = 512

async function upload(bench: Bench) {
  const socket = await open(bench.destination('http', null))
  try {
    bench.backend.forget()
    const length = pieces * pieceOf(0).length
    socket.write(`POST /upload HTTP/1.1\r\nHost: ${bench.authority('app')}\r\nContent-Length: ${length}\r\n\r\n`)
    for (let index = 0; index < pieces; index += 1) if (!socket.write(pieceOf(index))) await once(socket, 'drain')
    const { answers } = await readAnswers(socket, { methods: ['POST'], timeoutMs: 20_000 })
    assert.equal(answers[0]?.status, 200)
    const [seen] = bench.backend.seen()
    assert.deepEqual([seen?.body.length, seen?.body.sha256], [length, digestOf(pieces)])
  } finally {
    socket.destroy()
  }
}

/** Requests on new connections until told to stop; what was not 200 is kept. */
async function load(bench: Bench, stopped: () => boolean, failures: string[]): Promise<number> {
  let done = 0
  while (!stopped()) {
    const bytes = bytesOf(bench, 'app', { target: '/load', fields: ['Connection: close'] })
    const reply = await send(bench.destination('http', null), bytes, { methods: ['GET'] })
    const status = reply.answers[0]?.status
    if (status !== 200) failures.push(`${status ?? reply.ended} ${reply.error ?? ''}`)
    done += 1
  }
  return done
}

async function reloadUnderLoad(bench: Bench) {
  const failures: string[] = []
  let stop = false
  const clients = [1, 2, 3, 4].map(() => load(bench, () => stop, failures))
  const long = get(bench, '/answers/pieces?count=40&gap=100')
  await sleep(200)
  try {
    await bench.reload('add')
    await sleep(200)
    await bench.reload('remove')
  } finally {
    await sleep(200)
    stop = true
  }
  const counts = await Promise.all(clients)
  const { body } = await long
  assert.deepEqual(failures, [])
  assert.ok(counts.reduce((sum, one) => sum + one, 0) > 50, `only ${counts} requests`)
  assert.deepEqual([body.complete, body.sha256], [true, digestOf(40)], 'a download that was under way')
  const gone = await get(bench, '/', 'app', []).then(() =>
    send(bench.destination('http', null), `GET / HTTP/1.1\r\nHost: added.test:${bench.ports.http}\r\n\r\n`, {
      methods: ['GET'],
    }),
  )
  assert.equal(gone.answers[0]?.status, 421, 'the backend that was taken out')
}

/** The records about a path, once they are written. */
async function logged(bench: Bench, path: string, count: number) {
  for (const end = performance.now() + 5_000; ; await sleep(50)) {
    const found = bench
      .accessLog()
      .map((line) => accessLogRecord.parse(JSON.parse(line)))
      .filter((one) => one.path === path)
    if (found.length >= count) return found
    assert.ok(performance.now() < end, `no record about ${path} in: ${bench.accessLog().slice(-5).join('\n')}`)
  }
}

async function record(bench: Bench) {
  await get(bench, '/logged/a%20b?secret=1')
  const [one] = await logged(bench, '/logged/a%20b', 1)
  assert.ok(one)
  assert.ok(Math.abs(Date.parse(one.at) - Date.now()) < 30_000, one.at)
  assert.ok(one.seconds >= 0 && one.seconds < 10, String(one.seconds))
  const { edge, backend, source, method, host, status, bytes, upstream } = one
  assert.deepEqual(
    { edge, backend, source, method, status, bytes, upstream },
    {
      edge: 'bench',
      backend: 'app',
      source: '127.0.0.1',
      method: 'GET',
      status: 200,
      bytes: 10,
      upstream: `127.0.0.1:${bench.backend.port}`,
    },
  )
  assert.ok([bench.authority('app'), 'app.test'].includes(host), host)
}

async function recordOfRefusal(bench: Bench) {
  const bytes = `GET /unlisted HTTP/1.1\r\nHost: unknown.test\r\n\r\n`
  await send(bench.destination('http', null), bytes, { methods: ['GET'] })
  const [one] = await logged(bench, '/unlisted', 1)
  assert.deepEqual([one?.backend, one?.status, one?.upstream], [null, 421, null])
}

async function recordOfHostileBytes(bench: Bench) {
  const before = bench.accessLog().length
  for (const target of ['/"quote', '/\\x22,"backend":"other', '/a\x07b', '/\xff\xfe', '/{"a":1}'])
    await send(bench.destination('http', null), `GET ${target} HTTP/1.1\r\nHost: a"b\\\r\nConnection: close\r\n\r\n`, {
      methods: ['GET'],
    })
  await get(bench, '/after-hostile')
  await logged(bench, '/after-hostile', 1)
  for (const line of bench.accessLog().slice(before)) {
    const one = accessLogRecord.parse(JSON.parse(line))
    if (one.path !== '/after-hostile') assert.equal(one.backend === 'other', false, line)
  }
}

async function generation(bench: Bench) {
  const { proof, generation: live } = bench.rendered.target
  assert.ok(proof?.kind === 'http' && proof.expect === live && proof.host === generationHost(live))
  assert.ok(proof.urls.length >= 4, `${proof.urls}`)
  const other = generationHost(`sha256:${'0'.repeat(64)}`)
  const bytes = `GET / HTTP/1.1\r\nHost: ${other}\r\n\r\n`
  const { answers } = await send(bench.destination('http', null), bytes, { methods: ['GET'] })
  assert.equal(answers[0]?.status, 421)
}

async function grpc(bench: Bench) {
  const { host, port } = bench.destination('https', null)
  const session = connectHttp2(`https://${bench.authority('secure')}`, {
    createConnection: () =>
      connectTls({ host, port, servername: 'secure.test', ALPNProtocols: ['h2'], rejectUnauthorized: false }),
  })
  session.on('error', () => undefined)
  try {
    bench.backend.forget()
    const headers = { 'content-type': 'application/grpc', te: 'trailers', 'x-forwarded-user': 'planted-by-client' }
    const stream = session.request({ ':method': 'POST', ':path': '/echo.Echo/Say', ...headers })
    const message = Buffer.from('\0\0\0\0\x05hello', 'latin1')
    const trailers = once(stream, 'trailers', { signal: AbortSignal.timeout(5_000) })
    const pieces: Buffer[] = []
    stream.on('data', (piece: Buffer) => pieces.push(piece))
    stream.end(message)
    const [fields] = (await trailers) as [Record<string, string>]
    assert.equal(fields['grpc-status'], '0')
    assert.deepEqual(Buffer.concat(pieces), message)
    const [seen] = bench.backend.seen()
    assert.equal(seen?.target, '/echo.Echo/Say')
    assert.ok(!JSON.stringify(seen).includes('planted-by-client'), JSON.stringify(seen))
  } finally {
    session.destroy()
  }
}

const spellings = (name: string): readonly string[] => [name, name.replaceAll('-', '_'), name.replaceAll('-', '.')]

const secureCall = (bench: Bench, method: string, headers: Readonly<Record<string, string>> = {}) =>
  openCall(bench.destination('https', 'secure.test'), bench.authority('secure'), `/echo.Echo/${method}`, headers)

async function grpcBothWays(bench: Bench) {
  const [chat, ticks] = [secureCall(bench, 'Chat'), secureCall(bench, 'Ticks')]
  try {
    ticks.stream.end(frame('begin'))
    for (const text of ['first', 'second']) {
      chat.stream.write(frame(text))
      assert.ok(await chat.until(text), `${text} did not come back`)
    }
    assert.ok(await ticks.until('tick'))
    const before = ticks.received().length
    await sleep(tickMs * 5)
    assert.ok(ticks.received().length > before, 'no more ticks')
    chat.stream.end()
    assert.deepEqual(await chat.status, { code: 0, message: 'fine', http: 200 })
  } finally {
    for (const one of [chat, ticks]) one.end()
  }
}

/** Fewer than any engine refuses for their number. */
const headersAtOnce = 50

async function grpcHeaders(bench: Bench) {
  bench.backend.forget()
  const forged = [...refusedHeaders, ...forwardingHeaders].flatMap(spellings)
  for (let i = 0; i < forged.length; i += headersAtOnce) {
    const names = forged.slice(i, i + headersAtOnce)
    const call = secureCall(bench, 'Say', Object.fromEntries(names.map((name) => [name, 'forged'])))
    call.stream.end(frame('hello'))
    assert.deepEqual(await call.status, { code: 0, message: 'fine', http: 200 })
  }
  for (const { fields } of bench.backend.seen()) {
    const of = (name: string) => fields.filter(([one]) => one === name).map(([, value]) => value)
    assert.ok(!JSON.stringify(fields).includes('forged'), JSON.stringify(fields))
    assert.deepEqual(
      [of('x-forwarded-for'), of('x-forwarded-proto'), of('te')],
      [['127.0.0.1'], ['https'], ['trailers']],
    )
    assert.ok(of('x-request-id')[0], 'no X-Request-Id')
  }
}

const scenario = (name: string, features: ScenarioCase['features'], run: ScenarioCase['run']): ScenarioCase => ({
  name,
  features,
  run,
})

export const streamCases: readonly ScenarioCase[] = [
  scenario('a websocket echoes', ['websocket'], (bench) => echoThrough(bench, 'http', 'app')),
  scenario('a websocket echoes over https', ['websocket', 'https'], (bench) => echoThrough(bench, 'https', 'secure')),
  scenario('events arrive when they are sent', ['sse'], async (bench) => {
    const { pieces: arrived, body } = await get(bench, '/answers/events')
    const times = arrived.filter(({ text }) => text.includes('data:')).map(({ ms }) => ms)
    assert.equal(body.text.match(/data:/g)?.length, eventCount)
    assert.equal(times.length, eventCount, 'each event in a piece of its own')
    const spread = (times.at(-1) ?? 0) - (times[0] ?? 0)
    assert.ok(spread > eventGapMs * (eventCount - 2), `all within ${spread} ms`)
  }),
  scenario('32 MiB up arrive whole', ['http'], upload),
  scenario('32 MiB down arrive whole', ['http'], async (bench) => {
    const { body } = await get(bench, `/answers/pieces?count=${pieces}`)
    assert.deepEqual([body.length, body.sha256], [pieces * pieceOf(0).length, digestOf(pieces)])
  }),
  scenario('a slow answer that goes on is not cut off by the timeout', ['timeouts'], async (bench) => {
    const { body } = await get(bench, '/answers/pieces?count=5&gap=500', 'small')
    assert.deepEqual([body.complete, body.sha256], [true, digestOf(5)])
  }),
  scenario('Expect: 100-continue is answered before the body', ['http'], async (bench) => {
    const socket = await open(bench.destination('http', null))
    try {
      const head = ['Expect: 100-continue', 'Content-Length: 4']
      socket.write(bytesOf(bench, 'app', { method: 'POST', target: '/x', fields: head }))
      setTimeout(() => socket.write('body'), 300)
      const { answers } = await readAnswers(socket, { methods: ['POST'] })
      assert.deepEqual([answers[0]?.status, answers[0]?.interim], [200, [100]])
    } finally {
      socket.destroy()
    }
  }),
  scenario('the connection goes on after 103', ['early-hints'], async (bench) => {
    const targets = ['/answers/early-hints', '/second'].map((target) => bytesOf(bench, 'app', { target }))
    const { answers } = await send(bench.destination('http', null), targets.join(''), { methods: ['GET', 'GET'] })
    assert.deepEqual(
      answers.map((one) => [one.status, one.body.text]),
      [
        [200, 'final answer'],
        [200, 'the answer'],
      ],
    )
  }),
  scenario('two requests in one packet get their answers in order', ['http'], async (bench) => {
    bench.backend.forget()
    const bytes = `${bytesOf(bench, 'app', { target: '/answers/not-found' })}${bytesOf(bench, 'app', { target: '/second' })}`
    const { answers } = await send(bench.destination('http', null), bytes, { methods: ['GET', 'GET'] })
    assert.deepEqual(
      answers.map((one) => one.status),
      [404, 200],
    )
    assert.deepEqual(
      bench.backend.seen().map((one) => one.target),
      ['/answers/not-found', '/second'],
    )
  }),
  scenario('hop-by-hop headers of an answer end here', ['http'], async (bench) => {
    const { fields } = await get(bench, '/answers/hop-by-hop')
    assert.deepEqual(
      valuesOf(fields, 'keep-alive').filter((one) => one === 'timeout=5'),
      [],
    )
  }),
  scenario('the backend sees nothing of a request whose body never came', ['body-limit'], async (bench) => {
    bench.backend.forget()
    const socket = await open(bench.destination('http', null))
    socket.write(bytesOf(bench, 'small', { method: 'POST', target: '/x', fields: ['Content-Length: 99999999'] }))
    const { answers } = await readAnswers(socket, { methods: ['POST'], timeoutMs: 5_000 })
    assert.equal(answers[0]?.status, 413)
    assert.deepEqual(bench.backend.seen(), [])
  }),
  scenario('a gRPC message and its trailers go both ways', ['grpc', 'https'], grpc),
  scenario('gRPC goes both ways while a call lasts', ['grpc', 'https'], grpcBothWays),
  scenario('gRPC brings no spelling of a header that only the edge sets', ['grpc', 'https'], grpcHeaders),
  scenario('a request leaves one record of the common schema', ['access-log'], record),
  scenario('a refused request leaves a record without a backend', ['access-log'], recordOfRefusal),
  scenario('hostile bytes cannot forge or break a record', ['access-log'], recordOfHostileBytes),
  scenario('only the generation that is live proves itself', ['http'], generation),
  scenario('a reload under load fails no request', ['hitless-reload'], reloadUnderLoad),
  scenario('generated files hold no secret', ['http'], async ({ rendered, engine }) => {
    const key = readFileSync(`${engine.home}/tls/edge.key`, 'utf8').split('\n')[1] ?? '-'
    assert.ok(rendered.target.files.every(({ content }) => !content.includes(key) && !content.includes('PRIVATE')))
  }),
]
