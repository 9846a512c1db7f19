// As a namespace: older versions of Node, which only start a newer one, have no flushCompileCache to import.
import * as nodeModule from 'node:module'
import { systemClock } from '../../kernel/clock.ts'
import type { FromIngress, ToIngress } from './ingress-messages.ts'
import { createIngressProxy, type IngressProxy } from './ingress-proxy.ts'

// The lab's L7 data path, a process of its own; settings and endpoints come over the IPC channel.
const tell = (message: FromIngress): void => {
  if (process.connected) process.send?.(message)
}
process.on('disconnect', () => process.exit(0))
process.on('SIGINT', () => {})

let proxy: IngressProxy | null = null
process.on('message', (message: ToIngress) => {
  switch (message.type) {
    case 'start':
      proxy = createIngressProxy(message, systemClock, tell)
      proxy.server.on('error', (error) => tell({ type: 'cannot-listen', message: error.message }))
      proxy.server.listen({ host: message.host, port: message.port }, () => {
        tell({ type: 'listening' })
        nodeModule.flushCompileCache()
      })
      return
    case 'endpoints':
      proxy?.setEndpoints(message.endpoints)
      return
  }
})
