import { readSync, rmSync, writeSync } from 'node:fs'
import { createServer, type Server } from 'node:net'

// Holds the addresses of pods that are gone, so that connecting to them times out: each gets a listener whose
// backlog is full and that is never accepted from. For that, this process must never reach the poll phase of its
// event loop: it only ever waits in a blocking read of its commands, and between two commands runs nothing but
// promise callbacks. Commands, one per line: `park ADDRESS PORT`, `free ADDRESS`, `watch PID`, `unwatch PID`,
// `remove FOLDER`. When the commands end (the lab is gone, even killed), the process groups that are still watched
// are killed and the folder is removed.
const input = Buffer.alloc(4096)
const servers = new Map<string, Server>()
const watched = new Set<number>()
let folder: string | null = null

const nextInput = (): string | null => {
  for (;;) {
    try {
      const bytes = readSync(0, input)
      return bytes === 0 ? null : input.toString('latin1', 0, bytes)
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code
      if (code === 'EOF') return null
      if (code !== 'EAGAIN') throw error
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5)
    }
  }
}

/** Binds and listens without a turn of the event loop: for an address, `listening` comes from a process tick. */
const park = (address: string, port: number): Promise<string> =>
  new Promise((done) => {
    const server = createServer()
    server.once('error', (error: NodeJS.ErrnoException) =>
      done(`failed ${address} ${error.code ?? error.message}`),
    )
    server.once('listening', () => {
      servers.set(address, server)
      done(`parked ${address}`)
    })
    server.listen({ host: address, port, backlog: 1 })
  })

const free = (address: string): string => {
  servers.get(address)?.close()
  servers.delete(address)
  return `freed ${address}`
}

const obey = async (line: string): Promise<string> => {
  const [command = '', what = '', port = ''] = line.split(' ')
  switch (command) {
    case 'park':
      return park(what, Number(port))
    case 'free':
      return free(what)
    case 'watch':
      watched.add(Number(what))
      return `watching ${what}`
    case 'unwatch':
      watched.delete(Number(what))
      return `unwatched ${what}`
    case 'remove':
      folder = line.slice('remove '.length)
      return `will-remove ${folder}`
    default:
      return `failed ${command} unknown`
  }
}

const killGroup = (pid: number): void => {
  try {
    process.kill(-pid, 'SIGKILL')
  } catch {
    // It ended by itself.
  }
}

process.on('SIGINT', () => {})
writeSync(1, 'up\n')
let text = ''
for (let more = nextInput(); more !== null; more = nextInput()) {
  text += more
  for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n')) {
    const line = text.slice(0, end)
    text = text.slice(end + 1)
    writeSync(1, `${await obey(line)}\n`)
  }
}
for (const pid of watched) killGroup(pid)
if (folder !== null) rmSync(folder, { recursive: true, force: true })
process.exit(0)
