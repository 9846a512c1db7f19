/**
 * When requests shall start. Pure: all moments are ms since the load began.
 *
 * Closed users with a pace start on a grid of their own: `firstStartMs + k × pace`. A user whose answer came after
 * its next grid point starts at once, and goes back to the grid afterwards, so that a slow answer neither thins
 * the load more than it must nor is made up for by a burst.
 */

/** First start of user `index` of `users`: spread over the ramp-up, and over the first pace. */
export const firstStartMs = (index: number, users: number, rampUpMs: number, paceMs: number): number =>
  (index / users) * (rampUpMs > 0 ? rampUpMs : paceMs)

/** First point of the user's grid after `elapsedMs`. */
export const nextSlotMs = (firstMs: number, paceMs: number, elapsedMs: number): number =>
  firstMs + (Math.floor((elapsedMs - firstMs) / paceMs) + 1) * paceMs

/**
 * Arrival `index` (from 0) of an open load with a constant rate, after a ramp-up in which the rate grows linearly
 * from 0: n(t) = rate × t² / (2 × ramp) inside the ramp.
 */
export const arrivalMs = (index: number, ratePerSec: number, rampUpMs: number): number => {
  const perMs = ratePerSec / 1000
  const inRamp = (perMs * rampUpMs) / 2
  if (index < inRamp) return Math.sqrt((2 * rampUpMs * index) / perMs)
  return rampUpMs + (index - inRamp) / perMs
}

/** Users an open load starts with and rotates through: one second's arrivals, 10 to 500, within the cap. */
export const openUsersAtStart = (ratePerSec: number, maxUsers: number): number =>
  Math.min(maxUsers, Math.max(10, Math.min(500, Math.ceil(ratePerSec))))

/** Share of `total` that part `index` of `parts` gets; the shares add up to `total`. */
export const shareOf = (total: number, index: number, parts: number): number =>
  Math.floor(total / parts) + (index < total % parts ? 1 : 0)
