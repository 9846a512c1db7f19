// As a namespace: older versions of Node, which only start a newer one, have no flushCompileCache to import.
import * as nodeModule from 'node:module'
import { systemClock } from '../../kernel/clock.ts'
import { type Alb, startAlbHere } from './alb-balancer.ts'
import type { FromAlb, ToAlb } from './alb-messages.ts'

// The lab's Application Load Balancer, a process of its own; settings and targets come over the IPC channel.
const tell = (message: FromAlb): void => {
  if (process.connected) process.send?.(message)
}
process.on('disconnect', () => process.exit(0))
process.on('SIGINT', () => {})

let alb: Alb | null = null
process.on('message', (message: ToAlb) => {
  if (message.type !== 'start') {
    alb?.take(message)
    return
  }
  startAlbHere(message, systemClock, tell).then(
    (started) => {
      alb = started
      tell({ type: 'listening' })
      nodeModule.flushCompileCache()
    },
    (error: Error) => tell({ type: 'cannot-listen', message: error.message }),
  )
})
