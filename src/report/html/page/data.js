/** @typedef {import('../page-data.ts').PageData} Data */
/** @typedef {Data['pods'][number]} Pod */

/**
 * The data block of the page: JSON, or JSON as raw DEFLATE in base64.
 * @param {HTMLElement} block
 * @returns {Promise<Data>}
 */
export const readData = async (block) => {
  const text = block.textContent ?? ''
  if (block.getAttribute('type') === 'application/json') return JSON.parse(text)
  const bytes = Uint8Array.from(atob(text), (character) => character.charCodeAt(0))
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('deflate-raw'))
  return new Response(stream).json()
}

/**
 * Starts of the failures in ms since run start, and for each lane the failures on it (lane −1: of no known pod), both in
 * order of time.
 * @param {Data} data
 */
export const indexFailures = (data) => {
  const { at, pod } = data.failures
  const starts = new Float64Array(at.length)
  /** @type {Map<number, number[]>} */
  const lanes = new Map()
  let sum = 0
  for (let i = 0; i < at.length; i++) {
    sum += at[i] ?? 0
    starts[i] = sum / 10
    const lane = pod[i] ?? -1
    const own = lanes.get(lane)
    if (own === undefined) lanes.set(lane, [i])
    else own.push(i)
  }
  return { starts, lanes }
}

/**
 * Index of the first of the sorted `values` that is not below `value`.
 * @param {ArrayLike<number>} values
 * @param {number} value
 */
export const firstFrom = (values, value) => {
  let low = 0
  let high = values.length
  while (low < high) {
    const middle = (low + high) >> 1
    if ((values[middle] ?? 0) < value) low = middle + 1
    else high = middle
  }
  return low
}

/**
 * One failure with its texts.
 * @param {Data} data
 * @param {Float64Array} starts
 * @param {number} i
 */
export const failureAt = (data, starts, i) => {
  const { failures, words } = data
  /** @param {number | undefined} code */
  const word = (code) => (code === undefined || code < 0 ? null : (words[code] ?? null))
  const pod = data.pods[failures.pod[i] ?? -1] ?? null
  return {
    i,
    id: failures.id[i] ?? 0,
    startMs: starts[i] ?? 0,
    tookMs: (failures.took[i] ?? 0) / 10,
    pod,
    podIndex: failures.pod[i] ?? -1,
    kind: word(failures.kind[i]) ?? '',
    cause: word(failures.cause[i]) ?? '',
    label: word(failures.label[i]) ?? '',
    sure: ['low', 'medium', 'high'][failures.sure[i] ?? 0] ?? 'low',
    rollout: failures.rollout[i] || null,
    vu: failures.vu[i] ?? 0,
    method: word(failures.method[i]) ?? '',
    path: word(failures.path[i]) ?? '',
    template: word(failures.template[i]) ?? '',
    status: failures.status[i] || null,
    message: word(failures.message[i]) ?? '',
    before: failures.before[i] ?? 0,
    port: failures.port[i] || null,
    address: word(failures.address[i]),
    twin: word(failures.twin[i]),
    separator: word(failures.separator[i]),
  }
}
