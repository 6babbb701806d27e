/** The POSIX shell scripts that a host runs on its own: snapshot, timer, restore, confirm. Printed with every word quoted. */
import { dirname } from 'node:path'

/** One word for a POSIX shell, whatever it holds. */
export const quote = (word: string): string => `'${word.replaceAll("'", `'\\''`)}'`

export const command = (argv: readonly string[]): string => argv.map(quote).join(' ')

const head = `#!/bin/sh
PATH="\${PATH:+$PATH:}/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
export PATH
umask 077
cd "$(dirname "$0")" || exit 1
`

export interface ScriptFile {
  readonly path: string
  /** Number of its copy in old/. */
  readonly slot: number
}

export interface ScriptTarget {
  readonly files: readonly ScriptFile[]
  /** Name of the saved live state in the transaction's folder; null where files are the whole state. */
  readonly liveName: string | null
  readonly readLive: readonly string[] | null
  readonly loadLive: readonly (readonly string[])[]
  readonly reload: readonly (readonly string[])[]
  readonly undo: readonly (readonly string[])[]
}

/** Copies what is there before anything is changed; a missing file or state leaves no copy. */
export function snapshotScript(targets: readonly ScriptTarget[]): string {
  const lines = targets.flatMap((target) => [
    ...target.files.map(
      ({ path, slot }) => `if [ -e ${quote(path)} ]; then cp -p ${quote(path)} old/${slot} || exit 1; fi`,
    ),
    ...(target.readLive && target.liveName
      ? [`if ${command(target.readLive)} >${target.liveName} 2>/dev/null; then :; else rm -f ${target.liveName}; fi`]
      : []),
  ])
  return `${head}mkdir -p old || exit 1\n${lines.join('\n')}\nsync\n`
}

/** Puts back what the snapshot holds. Whoever makes the folder `decided` first has decided, the timer or a confirmation. */
export function restoreScript(targets: readonly ScriptTarget[], cleanups: readonly string[]): string {
  const lines = targets.flatMap((target) => [
    ...target.files.map(({ path, slot }) => restoreLine(path, slot)),
    ...liveLines(target),
    ...(target.readLive ? [] : target.reload.map((argv) => `${command(argv)} || failed=1`)),
  ])
  return `${head}if [ "$1" != again ]; then mkdir decided 2>/dev/null || exit 0; fi
failed=0
${lines.join('\n')}
${cleanups.join('\n')}
sync
echo "restored $failed" >outcome
`
}

function restoreLine(path: string, slot: number): string {
  const temporary = quote(`${path}.lockgate-restore`)
  const back = `cp -p old/${slot} ${temporary} && mv -f ${temporary} ${quote(path)} || failed=1`
  return `if [ -e old/${slot} ]; then ${back}; else rm -f ${quote(path)} || failed=1; fi`
}

/** The saved state takes the place of what is there at once: taking that out first would leave the host open for a moment. */
function liveLines(target: ScriptTarget): readonly string[] {
  if (!target.readLive || !target.liveName) return []
  const name = target.liveName
  const loading = target.loadLive.map(
    (argv) => `${command(argv.map((word) => word.replaceAll('{file}', `./${name}`)))} || failed=1`,
  )
  return [
    `if [ -e ${name} ]; then`,
    ...loading.map((line) => `  ${line}`),
    'else',
    ...target.undo.map((argv) => `  ${command(argv)} || failed=1`),
    ...(target.undo.length === 0 ? ['  :'] : []),
    'fi',
  ]
}

const clock = 'clock() { if [ -r /proc/uptime ]; then cut -d. -f1 /proc/uptime; else date +%s; fi; }'

/** Waits for the deadline, by the kernel's uptime where there is one, then restores. Started detached by `armScript`. */
export function timerScript(): string {
  return `${head}${clock}
while end=$(cat deadline) && [ "$(clock)" -lt "$end" ]; do
  [ -d decided ] && exit 0
  sleep 1
done
exec sh ./restore.sh
`
}

/** Also after a restart, when another process may have its number. */
const timerAlive = `pid=$(cat timer.pid) && kill -0 "$pid" && { [ ! -r "/proc/$pid/cmdline" ] || grep -q timer.sh "/proc/$pid/cmdline"; }`

/**
 * `arm.sh SECONDS` starts the timer in a session of its own and says its process id once it is seen alive, which on a busy
 * host is not at once; with `extend` it only moves the deadline.
 */
export function armScript(hook: string): string {
  return `${head}${clock}
[ -d decided ] && { echo late; exit 1; }
echo $(($(clock) + $1)) >deadline.new && mv -f deadline.new deadline || exit 1
if [ "$2" != extend ]; then
  if command -v setsid >/dev/null 2>&1; then
    setsid sh ./timer.sh </dev/null >timer.out 2>&1 &
  else
    nohup sh ./timer.sh </dev/null >timer.out 2>&1 &
  fi
  echo $! >timer.pid
${hook}
  sync
  tries=5
else
  tries=1
fi
# A process that is just becoming another program has no command line for a moment, so the first answer that it is alive counts.
while [ "$tries" -gt 0 ]; do
  ${timerAlive} && { echo "alive $pid"; exit 0; }
  tries=$((tries - 1))
  [ "$tries" -gt 0 ] && sleep 1
done
exit 1
`
}

/** After a restart nothing waits any more, so what was not confirmed is put back at once. */
export const bootHook = (folder: string, name: string): string => `if [ -d /run/systemd/system ]; then
  printf '[Unit]\\nDescription=Lockgate puts back what was not confirmed\\nDefaultDependencies=no\\nAfter=local-fs.target\\nBefore=network-pre.target basic.target\\n[Service]\\nType=oneshot\\nExecStart=/bin/sh %s\\n[Install]\\nWantedBy=sysinit.target\\n' ${quote(`${folder}/restore.sh`)} >${quote(`/etc/systemd/system/${name}.service`)}
  systemctl daemon-reload && systemctl enable ${quote(`${name}.service`)} >/dev/null 2>&1
elif [ -d /etc/cron.d ] && command -v cron >/dev/null 2>&1; then
  printf '@reboot root /bin/sh %s\\n' ${quote(`${folder}/restore.sh`)} >${quote(`/etc/cron.d/${name}`)}
fi`

export const bootHookCleanup = (
  name: string,
): string => `if [ -e ${quote(`/etc/systemd/system/${name}.service`)} ]; then
  systemctl disable ${quote(`${name}.service`)} >/dev/null 2>&1
  rm -f ${quote(`/etc/systemd/system/${name}.service`)}
  systemctl daemon-reload
fi
rm -f ${quote(`/etc/cron.d/${name}`)}`

/** A file that takes its place only when the change is confirmed. */
export interface KeptFile {
  /** The staged copy. */
  readonly from: string
  readonly path: string
  readonly mode: number
}

/**
 * Says `confirmed`; `late` or `gone` where the timer or a restart was first, and then nothing is kept; `unkept` where a file
 * did not reach its place.
 */
export function confirmScript(kept: readonly KeptFile[], cleanups: readonly string[]): string {
  return `${head}if ! { ${timerAlive}; }; then
  echo gone
elif mkdir decided 2>/dev/null; then
unkept=0
${kept.map(keepLine).join('\n')}
${cleanups.join('\n')}
if [ "$unkept" = 0 ]; then echo confirmed >outcome; echo confirmed; else echo unkept; fi
else
  echo late
fi
`
}

function keepLine({ from, path, mode }: KeptFile): string {
  const temporary = quote(`${path}.lockgate-confirm`)
  const folder = quote(dirname(path))
  const put = `cp ${quote(from)} ${temporary} && chmod ${mode.toString(8)} ${temporary} && mv -f ${temporary} ${quote(path)}`
  return `(umask 022; mkdir -p ${folder}) && ${put} && sync || { rm -f ${temporary}; unkept=1; }`
}
