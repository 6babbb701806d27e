/** `lockgate watch`: verifies on a schedule, counts in Prometheus' text format, and tells somebody when a gate changes. */
import { createServer, type Server } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { type answers, LockgateError } from '@lockgate/model'
import { recover } from './settle-transaction.ts'
import { builtStages } from './stage-list.ts'
import { verifyStage } from './verify.ts'
import type { Workspace } from './workspace.ts'

export interface WatchOptions {
  /** Runs the alert argv with the change as JSON on its standard input. */
  readonly alert: (argv: readonly string[], change: string) => Promise<void>
  /** Ends after so many rounds; goes on until interrupted where absent. */
  readonly rounds?: number
  readonly onRound: (results: readonly answers.VerifyStage[]) => void
}

export async function watch(workspace: Workspace, options: WatchOptions): Promise<readonly answers.VerifyStage[]> {
  const { settings, signal } = workspace
  let latest: readonly answers.VerifyStage[] = []
  const server = settings.watch.metrics ? await serveMetrics(settings.watch.metrics, () => metricsText(latest)) : null
  const lastSweep = new Map<string, number>()
  try {
    for (let round = 1; ; round++) {
      await recover(workspace)
      latest = await verifyRound(workspace, latest, lastSweep, options)
      options.onRound(latest)
      if (options.rounds !== undefined && round >= options.rounds) return latest
      await sleep(settings.watch.every, undefined, { signal })
    }
  } catch (cause) {
    if (signal.aborted) return latest
    throw cause
  } finally {
    server?.closeAllConnections()
    server?.close()
  }
}

async function verifyRound(
  workspace: Workspace,
  before: readonly answers.VerifyStage[],
  lastSweep: Map<string, number>,
  options: WatchOptions,
): Promise<readonly answers.VerifyStage[]> {
  const results: answers.VerifyStage[] = []
  for (const stage of builtStages) {
    const now = workspace.now().getTime()
    const sweepDue =
      workspace.settings.sweep === 'full' && now - (lastSweep.get(stage) ?? 0) > workspace.settings.sweepMaxAge / 2
    const result = await verifyStage(workspace, { stage, sweep: sweepDue })
    if (sweepDue) lastSweep.set(stage, now)
    const was = before.find((one) => one.stage === stage)?.gate
    if (was !== undefined && was !== result.gate && workspace.settings.watch.alert) {
      const { gate, at, reasons } = result
      await options.alert(workspace.settings.watch.alert, JSON.stringify({ stage, was, gate, at, reasons }))
    }
    results.push(result)
  }
  return results
}

const escaped = (label: string): string => label.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')

function metricsText(results: readonly answers.VerifyStage[]): string {
  const gates = results.map((one) => `lockgate_gate_open{stage="${escaped(one.stage)}"} ${one.gate === 'open' ? 1 : 0}`)
  const times = results.map(
    (one) =>
      `lockgate_verified_timestamp_seconds{stage="${escaped(one.stage)}"} ${Math.floor(new Date(one.at).getTime() / 1_000)}`,
  )
  const reasons = results.flatMap((result) =>
    [...Map.groupBy(result.reasons, (one) => one.check)].map(
      ([check, of]) => `lockgate_reasons{stage="${escaped(result.stage)}",check="${escaped(check)}"} ${of.length}`,
    ),
  )
  return [
    '# HELP lockgate_gate_open 1 where the gate of the stage is open.',
    '# TYPE lockgate_gate_open gauge',
    ...gates,
    '# HELP lockgate_verified_timestamp_seconds When the stage was last verified.',
    '# TYPE lockgate_verified_timestamp_seconds gauge',
    ...times,
    '# HELP lockgate_reasons Why a gate is shut, by check.',
    '# TYPE lockgate_reasons gauge',
    ...reasons,
    '',
  ].join('\n')
}

function serveMetrics(listen: string, text: () => string): Promise<Server> {
  const split = listen.lastIndexOf(':')
  const host = listen.slice(0, split).replace(/^\[|\]$/g, '')
  const server = createServer((request, response) => {
    const found = request.url === '/metrics'
    response.writeHead(found ? 200 : 404, { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' })
    response.end(found ? text() : 'metrics are at /metrics\n')
  })
  return new Promise((resolve, reject) => {
    server.once('error', (cause) =>
      reject(new LockgateError('LG3103', `watch.metrics cannot listen on ${listen}: ${cause.message}`, { cause })),
    )
    server.listen(Number(listen.slice(split + 1)), host, () => resolve(server))
  })
}
