// The first lines of the published program: no static import, so that an older Node can read it. There it starts
// the Node of node_modules/node when that is installed, else says in one line what is needed.
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)

/** Exit codes of the signals that ask the program to end, as a shell would show them. */
const ENDS = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const

if (major > 22 || (major === 22 && minor >= 19)) {
  // Until a command listens (the program is still loading), and in commands that have nothing to put right.
  // The roles that the program starts itself answer for their signals themselves.
  if (process.env.ROLLPROOF_ROLE === undefined) {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      process.on(signal, () => {
        if (process.listenerCount(signal) === 1) process.exit(ENDS[signal])
      })
    }
  }
  await import('./entry.ts')
} else {
  const { existsSync } = await import('node:fs')
  const { fileURLToPath } = await import('node:url')
  const self = fileURLToPath(import.meta.url)
  const candidates = ['../node_modules/node/bin/node', '../../node/bin/node'].map((path) =>
    fileURLToPath(new URL(path, import.meta.url)),
  )
  const newer = candidates.find((path) => existsSync(path))
  if (newer === undefined) {
    process.stderr.write(
      `rollproof needs Node.js 22.19 or newer; this is ${process.version}. Install a newer one, or add it with: npm install node@24\n`,
    )
    process.exitCode = 2
  } else {
    const { spawn } = await import('node:child_process')
    const child = spawn(newer, [self, ...process.argv.slice(2)], { stdio: 'inherit' })
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      process.on(signal, () => child.kill(signal))
    }
    child.on('exit', (code, signal) => {
      process.exitCode = code ?? (signal !== null && signal in ENDS ? ENDS[signal as keyof typeof ENDS] : 1)
    })
  }
}

export {}
