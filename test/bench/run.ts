// npm run bench: every benchmark in turn. Each prints its own figures; ratios are against something in the same run.
import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const BENCHES = [
  ['./engine/throughput.ts', '5', '50', '100000'],
  ['./report/page.ts', '300000', '3000000'],
] as const

for (const [file, ...args] of BENCHES) {
  console.log(`\n${file.slice(2)} ${args.join(' ')}`)
  const child = spawn(process.execPath, [fileURLToPath(new URL(file, import.meta.url)), ...args], {
    stdio: 'inherit',
  })
  const code = await new Promise((resolve) => child.on('exit', resolve))
  if (code !== 0) process.exitCode = 1
}
