import { type Rule, suspects } from './rule.ts'

export const f1: Rule = {
  id: 'F1',
  title: 'The machine that sends ran out of ports, descriptors or routes',
  fix: 'Raise the limits of the machine that sends (ulimit -n, net.ipv4.ip_local_port_range), or send less from it.',
  group: 'harness',
  judge: (failure) =>
    failure.kind === 'client' && failure.code !== 'ROLLPROOF_STALL' ? suspects(0.95, [failure.seq]) : null,
}
