import { type Predictor, programOf } from './predictor.ts'

/** bash replaces itself by the last command of `-c` when that is a single plain one; dash and others do not. */
const isPlain = (line: string): boolean => !/[;&|<>\n()`$]/.test(line.trim().replace(/;$/, ''))

/** A3: a shell is process 1, gets SIGTERM, and does not pass it on. */
export const predictShellPid1: Predictor = ({ workload }) => {
  const { main, gracePeriodSeconds } = workload
  const words = [...main.command, ...main.args]
  if (!main.shellIsPid1 || (programOf(words) === 'bash' && isPlain(words.at(-1) ?? ''))) return []
  return [
    {
      id: 'shell-pid1',
      cause: 'A3',
      alsoCauses: ['A8', 'A9'],
      severity: 'high',
      title: 'A shell is process 1, so SIGTERM does not reach the app',
      because: `container ${main.name} is started as ${words.slice(0, 2).join(' ')} … without exec: the app goes on until it is killed ${gracePeriodSeconds} s after the termination began, with whatever it has in flight`,
      fix: 'start the app in exec form (command: ["node", "server.js"]), or write `exec` before the last command of the line, or use an init such as tini',
    },
  ]
}
