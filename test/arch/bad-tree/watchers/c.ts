export { connect } from '../kube/client.ts'
export const later = () => import('../engine/a.ts')
