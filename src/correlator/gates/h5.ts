import { countText, type Gate } from './gate.ts'

export const h5: Gate = {
  id: 'H5',
  claim: 'Control targets that were not rolled held',
  inLoad: false,
  judge: ({ world, windows }) => {
    const limit = 'no control request failed in a rollout window'
    const failed = world.timeline.controls.filter((control) =>
      windows.some((span) => span.fromMs <= control.toMs && span.toMs >= control.fromMs),
    )
    const sent = world.rows.control
    if (failed.length > 0)
      return {
        value: `${countText(failed.length)} of ${countText(sent)} control requests failed`,
        limit,
        holds: false,
      }
    if (sent === 0) return { value: 'no control request was sent', limit, holds: null }
    const path =
      world.info.scenario.target.control === null
        ? ' (loopback only: the network path itself was not controlled; --control URL does that)'
        : ''
    return { value: `0 of ${countText(sent)} failed${path}`, limit, holds: true }
  },
}
