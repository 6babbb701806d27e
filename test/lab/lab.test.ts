import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { have } from './have.ts'
import { createLab, type Lab } from './lab.ts'
import { run } from './run.ts'

const leftovers = async (name: string, folder: string) => ({
  namespaces: (await run(['ip', 'netns', 'list'])).stdout.split('\n').filter((line) => line.startsWith(`${name}-`)),
  folder: existsSync(folder),
})

describe.skipIf(!have('netns', 'openssl'))('lab (netns)', () => {
  let lab: Lab
  beforeAll(async () => {
    lab = await createLab({ users: ['office', 'vpn'], hosts: ['payroll', 'wiki'], ipv4Only: ['vpn'] })
  })
  afterAll(() => lab?.close())

  const ask = (place: string, host: string) =>
    lab.run(place, [
      'bash',
      '-c',
      `exec 3<>/dev/tcp/${host}/8080 && printf 'GET /healthz HTTP/1.0\\r\\n\\r\\n' >&3 && cat <&3`,
    ])

  it('carries IPv4 and IPv6 from every place to every host', async () => {
    await lab.startBackend('payroll')
    const { ipv4, ipv6 } = lab.at('payroll')
    for (const place of ['office', 'edge', 'wiki', 'peers']) {
      for (const address of [ipv4, ipv6 as string]) {
        expect((await ask(place, address)).stdout, `${place} -> ${address}`).toContain('ok')
      }
    }
  })

  it('leaves a place without IPv6 where that is asked for', async () => {
    expect((await ask('vpn', lab.at('payroll').ipv4)).stdout).toContain('ok')
    const ran = await ask('vpn', lab.at('payroll').ipv6 as string)
    expect(ran.code).not.toBe(0)
    expect(ran.stderr).toContain('unreachable')
  })

  it('starts and reloads nginx, Apache and Envoy with an empty folder', async () => {
    for (const plane of ['nginx', 'apache', 'envoy'] as const) {
      if (!have(plane)) continue
      const engine = await lab.startEngine('edge', plane)
      expect((await engine.test())?.code ?? 0, plane).toBe(0)
      await engine.reload()
      await engine.stop()
    }
  })
})

describe.skipIf(!have('netns', 'openssl', 'sshd'))('ssh of a lab (netns, sshd)', () => {
  it("lets the lab's key in, from where users stand", async () => {
    const lab = await createLab()
    try {
      const { key, knownHosts, user } = await lab.startSshd('app')
      const options = ['-i', key, '-o', `UserKnownHostsFile=${knownHosts}`, '-o', 'BatchMode=yes']
      for (const address of [lab.at('app').ipv4, lab.at('app').ipv6 as string]) {
        const ran = await lab.run('users', ['ssh', '-F', 'none', ...options, `${user}@${address}`, 'ip', '-br', 'addr'])
        expect(ran.stdout, ran.stderr).toContain(lab.at('app').ipv4)
      }
    } finally {
      await lab.close()
    }
  })
})

describe.skipIf(!have('netns', 'openssl'))('what stays of a lab (netns)', () => {
  it('is nothing after close, with processes still running', async () => {
    const lab = await createLab()
    const child = await lab.spawn(null, ['sleep', '300'])
    await lab.spawn('edge', ['sh', '-c', 'trap "" TERM; while :; do sleep 300; done'])
    await lab.close()
    expect(await leftovers(lab.name, lab.folder)).toEqual({ namespaces: [], folder: false })
    expect(() => process.kill(child.pid, 0)).toThrow()
  })

  it('is nothing after the program that made it was killed', async () => {
    const code = `
      const { createLab } = await import(${JSON.stringify(fileURLToPath(new URL('./lab.ts', import.meta.url)))})
      const lab = await createLab()
      await lab.spawn('app', ['sleep', '300'])
      console.log(JSON.stringify([lab.name, lab.folder]))
      setInterval(() => {}, 1000)`
    const child = spawn(process.execPath, ['--conditions=source', '--input-type=module', '-e', code], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const [line] = (await once(child.stdout, 'data')) as [Buffer]
    const [name, folder] = JSON.parse(line.toString()) as [string, string]
    child.kill('SIGKILL')
    const gone = { namespaces: [], folder: false }
    for (let tries = 0; tries < 50 && (await leftovers(name, folder)).folder; tries += 1) await sleep(100)
    expect(await leftovers(name, folder)).toEqual(gone)
  })
})
