import fc from 'fast-check'

/**
 * The same examples in every run, so that what is red is red again: `ROLLPROOF_PROPERTY_SEED=NUMBER` for others, `random` for others each time
 * (fast-check then prints the seed of a counterexample).
 */
const given = process.env.ROLLPROOF_PROPERTY_SEED ?? '20261122'
if (given !== 'random') fc.configureGlobal({ ...fc.readConfigureGlobal(), seed: Number(given) })
