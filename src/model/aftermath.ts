/**
 * The farthest back that a pod which is gone can still matter, ms: so long a node may remember a connection attempt that was not
 * answered, and lead another one with the same ports to that pod (Linux, nf_conntrack_tcp_timeout_syn_sent).
 */
export const AFTERMATH_MS = 120_000
