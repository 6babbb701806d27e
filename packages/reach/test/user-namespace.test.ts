/** Namespaces inside a user namespace, as the demo makes them where nobody is root. */
import { execFileSync, spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'

const allowed = spawnSync('unshare', ['-Urnm', 'true']).status === 0

const program = `
const { openReach } = await import('@lockgate/reach')
const reach = await openReach({ netns: 'inner' }, { baseDir: '.' })
const { socket } = await reach.connect({ host: '::1', port: 7001 })
const scan = await reach.scan([{ host: '127.0.0.1', ports: [7000, 7001] }])
socket.once('data', async (chunk) => {
  console.log(JSON.stringify({ said: String(chunk), scan, run: (await reach.run(['ip', '-br', 'link'])).stdout.trim().split(' ')[0] }))
  socket.destroy()
  await reach.close()
})`

const script = `
mount -t tmpfs none /run && mkdir -p /run/netns && ip netns add inner && ip -n inner link set lo up
ip netns exec inner "$NODE" -e "require('net').createServer((s) => s.on('error', () => {}).end('hello')).listen(7001)" & server=$!
while ! ip netns exec inner ss -Hltn | grep -q 7001; do sleep 0.05; done
"$NODE" --conditions=source --input-type=module -e "$PROGRAM"
kill $server`

describe.skipIf(!allowed && process.env.CI !== 'true')('in a user namespace (unshare -Urnm)', () => {
  test('namespaces are entered, connected from and scanned', () => {
    const said = execFileSync('unshare', ['-Urnm', 'sh', '-c', script], {
      cwd: fileURLToPath(new URL('.', import.meta.url)),
      env: { ...process.env, NODE: process.execPath, PROGRAM: program },
      encoding: 'utf8',
      timeout: 30_000,
    })
    expect(JSON.parse(said)).toMatchObject({
      said: 'hello',
      run: 'lo',
      scan: [{ open: [7001], refused: 1, failed: 0 }],
    })
  })
})
