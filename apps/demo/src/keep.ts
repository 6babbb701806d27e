/** The keeper as a program: `keep.ts NAME`, on stdin `began PID` and `ended PID`; cleans up when that closes. */
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { bearersOf } from './owner.ts'
import { removeNetwork, tell } from './remove-network.ts'

const [name = ''] = process.argv.slice(2)
const running = new Set<number>()
const orders: Readonly<Record<string, (pid: number) => void>> = {
  began: (pid) => running.add(pid),
  ended: (pid) => running.delete(pid),
}
const graceMs = 3_000

const left = (): readonly number[] => [...new Set([...running, ...bearersOf(name)])].filter((pid) => tell(pid, 0))

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {})
for await (const line of createInterface({ input: process.stdin })) {
  const [word = '', pid = ''] = line.split(' ')
  orders[word]?.(Number(pid))
}
for (const pid of left()) tell(pid, 'SIGTERM')
for (const until = Date.now() + graceMs; left().length > 0 && Date.now() < until; ) await sleep(100)
for (const pid of left()) tell(pid, 'SIGKILL')
removeNetwork(name)
