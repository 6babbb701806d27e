/** Asks a DNS server over a TCP connection that a vantage opened (RFC 7766). */
import type { Duplex } from 'node:stream'
import type { Answer as DnsRecord } from 'dns-packet'

export type DnsAnswer = {
  readonly rcode: string
  readonly addresses: readonly string[]
  /** Seconds for which caches may go on giving the answer. */
  readonly ttl: number | null
}

const timeoutMs = 3_000
/** RFC 1035 §4.2.2: two bytes of length before each message. */
const lengthBytes = 2

function readMessage(socket: Duplex, signal: AbortSignal): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    let received = Buffer.alloc(0)
    signal.addEventListener('abort', () => reject(new Error('no answer in time')), { once: true })
    socket.on('error', reject)
    socket.on('close', () => reject(new Error('the server closed the connection without an answer')))
    socket.on('data', (chunk: Buffer) => {
      received = Buffer.concat([received, chunk])
      if (received.length < lengthBytes) return
      const whole = lengthBytes + received.readUInt16BE(0)
      if (received.length >= whole) resolve(received.subarray(0, whole))
    })
  })
}

const isAddress = (record: DnsRecord) => record.type === 'A' || record.type === 'AAAA'

/** Ends the connection in every case. Throws where no answer came or it is none to this question. */
export async function dnsAsk(
  socket: Duplex,
  name: string,
  type: 'A' | 'AAAA',
  id: number,
  interrupted: AbortSignal,
): Promise<DnsAnswer> {
  const { encode, streamDecode } = await import('dns-packet')
  const signal = AbortSignal.any([interrupted, AbortSignal.timeout(timeoutMs)])
  const recursionDesired = 0x100
  const question = encode({ type: 'query', id, flags: recursionDesired, questions: [{ type, name }] })
  const length = Buffer.alloc(lengthBytes)
  length.writeUInt16BE(question.length)
  try {
    const message = readMessage(socket, signal)
    socket.write(Buffer.concat([length, question]))
    const packet = streamDecode(await message) as ReturnType<typeof streamDecode> & { rcode?: string }
    if (packet.id !== id) throw new Error('the answer is to another question')
    const records = (packet.answers ?? []).filter(isAddress)
    const ttls = records.flatMap((one) => ('ttl' in one && typeof one.ttl === 'number' ? [one.ttl] : []))
    return {
      rcode: packet.rcode ?? 'NOERROR',
      addresses: records.flatMap((one) => ('data' in one ? [String(one.data)] : [])),
      ttl: ttls.length === 0 ? null : Math.max(...ttls),
    }
  } finally {
    socket.on('error', () => {})
    socket.destroy()
  }
}
