/** Name → what it stands for in the lab's DNS. */
export type NameTarget =
  | { readonly kind: 'service'; readonly node: string }
  | { readonly kind: 'ingress' }
  | { readonly kind: 'alb' }
  | { readonly kind: 'control' }

/**
 * The names that the lab's DNS knows: the service by its cluster names (node-1's view), `<service>.<namespace>.<node>`
 * for each node's view, `ingress.lab`, `alb.lab`, and a control target on each path.
 */
export const createNames = (
  service: string,
  namespace: string,
  nodes: readonly string[],
): ((name: string) => NameTarget | null) => {
  const names = new Map<string, NameTarget>()
  const base = `${service}.${namespace}`
  for (const [index, node] of nodes.entries()) {
    const target: NameTarget = { kind: 'service', node }
    const own = [`${base}.${node}`, `${base}.${node}.lab`]
    const cluster = [base, `${base}.svc`, `${base}.svc.cluster.local`]
    for (const name of index === 0 ? [...own, ...cluster] : own) names.set(name, target)
  }
  names.set('ingress.lab', { kind: 'ingress' })
  names.set('control.ingress.lab', { kind: 'ingress' })
  names.set('alb.lab', { kind: 'alb' })
  names.set('control.alb.lab', { kind: 'alb' })
  names.set(`control.${namespace}`, { kind: 'control' })
  return (name) => names.get(name) ?? null
}
