import type { Lane } from './http-client.ts'

/** Lanes that any user may take: last used first, as the connection pools of proxies and Go clients do. */
export interface LanePool {
  /** An idle lane, else a new one; `null` = `most` are busy. */
  take(): Lane | null
  giveBack(lane: Lane): void
}

export const createLanePool = (create: () => Lane, most = Number.POSITIVE_INFINITY): LanePool => {
  const idle: Lane[] = []
  let made = 0
  return {
    take: () => {
      const lane = idle.pop()
      if (lane !== undefined) return lane
      if (made >= most) return null
      made++
      return create()
    },
    giveBack: (lane) => {
      idle.push(lane)
    },
  }
}
