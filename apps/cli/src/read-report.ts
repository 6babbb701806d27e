/** Gathers the report's data from the log, the configuration and the table of checks. */
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { verifyLog } from '@lockgate/audit-log'
import { checksOf } from '@lockgate/checks'
import { type Backend, LockgateError, type StageId } from '@lockgate/model'
import { type Language, type LaterStage, languages, type Report } from '@lockgate/report'
import { appliedBackends, builtStages, readStatus, stages, type Workspace } from '@lockgate/stages'
import { missingOf } from './backend-readiness.ts'

/** `--lang` before the configuration's language. */
export function reportLanguage(asked: string | undefined, workspace: Workspace): Language {
  if (asked === undefined) return workspace.settings.language
  const found = languages.find((one) => one === asked)
  if (!found) throw new LockgateError('LG1101', `--lang ${asked}: expected ${languages.join(' or ')}`)
  return found
}

export async function readReport(workspace: Workspace, language: Language): Promise<Report> {
  const { settings } = workspace
  const { history, problems } = await workspace.readState()
  const status = await readStatus(workspace)
  const applied = appliedBackends(history)
  const evidence = [...history.evidence.values()]
  const demoted = new Set([...history.live.values()].flatMap((one) => one.demoted))
  const checks = builtStages.flatMap((stage) => checksOf(stage))
  return {
    version: 1,
    language,
    organisation: settings.organisation,
    at: workspace.now().toISOString(),
    stages: status.stages.map((one) => ({
      ...one,
      title: stages.find((stage) => stage.id === one.id)?.title ?? one.id,
    })),
    backends: settings.backends.map((backend) => {
      const missing = missingOf(backend, 'consolidate', { workspace, history, problems })
      return {
        id: backend.id,
        public: backend.public.origin,
        upstream: backend.upstream.origin,
        owner: backend.owner,
        wave: backend.wave,
        applied: applied.has(backend.id),
        ready: missing.length === 0,
        missing,
        later: { identity: laterOf(backend, 'identity', applied, { workspace, history, problems }) },
      }
    }),
    vantages: settings.vantages.map(({ id, stands }) => ({ id, stands: demoted.has(id) ? 'proxy' : stands })),
    checks: checks.map(({ id, title, severity, maps }) => ({
      id,
      title,
      severity,
      tenets: maps.tenets,
      ztmm: maps.ztmm,
    })),
    evidence,
    waivers: [...history.waivers.values()].map(({ check, backend, owner, reason, until, at }) => ({
      check,
      backend,
      owner,
      reason,
      until,
      at,
    })),
    breakGlass: history.breakGlass.map(({ backend, owner, reason, until, at }) => ({
      backend,
      owner,
      reason,
      until,
      at,
    })),
    notBrokered: settings.notBrokered,
    log: await readLog(workspace, problems),
    simulated: evidence.some((one) => one.simulated === true),
  }
}

/** A stage after the first, for one backend. */
function laterOf(
  backend: Backend,
  stage: StageId,
  applied: ReturnType<typeof appliedBackends>,
  state: Parameters<typeof missingOf>[2],
): LaterStage {
  const missing = missingOf(backend, stage, state)
  return { applied: applied.get(backend.id)?.identity !== undefined, ready: missing.length === 0, missing }
}

async function readLog(workspace: Workspace, problems: readonly string[]): Promise<Report['log']> {
  if (!existsSync(join(workspace.logFolder, 'checkpoint')))
    return { size: 0, root: '', vkey: null, holds: problems.length === 0, origin: 'no log yet', problems }
  const report = await verifyLog(workspace.logFolder)
  const vkey = await readFile(join(workspace.logFolder, 'log.vkey'), 'utf8').catch(() => null)
  return {
    size: report.size,
    root: report.root,
    vkey: vkey?.trim() ?? null,
    holds: report.holds && problems.length === 0,
    origin: 'consistent in itself, origin not established',
    problems: [...problems, ...report.problems.map((one) => one.because)],
  }
}
