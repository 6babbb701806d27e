/** The backend of proxy benchmarks: nginx with one answer of 405 bytes in all. */
import { type ChildProcess, spawn } from 'node:child_process'
import { rmSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { waitForPort } from './processes.ts'

export interface BenchBackend {
  readonly stop: () => Promise<void>
}

const configuration = (folder: string, port: number): string => `
daemon off; master_process off; pid ${folder}/pid; error_log ${folder}/error.log;
events { worker_connections 4096; }
http {
  access_log off; keepalive_requests 1000000; keepalive_timeout 600s; server_tokens off;
  client_body_temp_path ${folder}; proxy_temp_path ${folder}; fastcgi_temp_path ${folder};
  uwsgi_temp_path ${folder}; scgi_temp_path ${folder};
  server { listen 127.0.0.1:${port}; location / { default_type text/plain; return 200 "${'x'.repeat(256)}"; } }
}
`

export async function startBackend(port: number): Promise<BenchBackend> {
  const folder = await mkdtemp(join(tmpdir(), 'lockgate-bench-'))
  await writeFile(join(folder, 'nginx.conf'), configuration(folder, port))
  const child: ChildProcess = spawn('nginx', ['-c', join(folder, 'nginx.conf')], { stdio: 'ignore' })
  const onExit = (): void => {
    child.kill('SIGKILL')
    rmSync(folder, { recursive: true, force: true })
  }
  process.on('exit', onExit)
  await waitForPort(port)
  return {
    async stop() {
      process.off('exit', onExit)
      const ended = new Promise((resolve) => child.once('exit', resolve))
      child.kill('SIGTERM')
      await ended
      await rm(folder, { recursive: true, force: true })
    },
  }
}
