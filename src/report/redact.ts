export { REDACTED, redactData, redactText } from '../kernel/redact.ts'
