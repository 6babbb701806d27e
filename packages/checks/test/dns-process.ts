/** A small DNS server over TCP: {name: address or response code}; every other name does not exist. */
import { createServer } from 'node:net'
import { encode, streamDecode } from 'dns-packet'

const { host, records } = JSON.parse(process.argv[2] ?? '{}') as { host: string; records: Record<string, string> }
const rcodes: Readonly<Record<string, number>> = { SERVFAIL: 2, NXDOMAIN: 3 }

const server = createServer((socket) => {
  socket.on('error', () => {})
  socket.on('data', (chunk) => {
    const query = streamDecode(chunk)
    const question = query.questions?.[0]
    const found = records[question?.name ?? ''] ?? 'NXDOMAIN'
    const failed = rcodes[found]
    const fits = question?.type === (found.includes(':') ? 'AAAA' : 'A')
    const answers =
      failed === undefined && fits && question
        ? [{ type: question.type as 'A', name: question.name, ttl: 300, data: found }]
        : []
    const answer = encode({
      type: 'response',
      id: query.id,
      flags: failed ?? 0,
      questions: query.questions ?? [],
      answers,
    })
    const length = Buffer.alloc(2)
    length.writeUInt16BE(answer.length)
    socket.write(Buffer.concat([length, answer]))
  })
})
server.listen(53, host, () => console.log('ready'))
