/** Longest name of a Lease: a DNS subdomain. */
const LONGEST_NAME = 253

/** Name of the Lease that a run of this Deployment holds: known before the cluster is asked, so that a Role can name it. */
export const leaseNameOf = (deployment: string): string =>
  `rollproof-${deployment}`.slice(0, LONGEST_NAME).replace(/[^a-z0-9]+$/, '')

/** Others may take a Lease over when they have seen it unchanged for this long. */
export const LEASE_SECONDS = 30
/** How often a holder renews. */
export const LEASE_RENEW_MS = 10_000
/** A holder without a renewal for this long stops: well before anybody else may take over. */
export const LEASE_HOLD_MS = 20_000
