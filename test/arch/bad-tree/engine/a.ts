import { Pool } from 'undici'
import { connect } from '../kube/client.ts'
export const a = [Pool, connect, Math.random()]
