/** What stands where a secret was. */
export const REDACTED = '[redacted]'

/** A cheap look before the patterns below: text without any of these holds none of what they find. */
const SUSPICIOUS =
  /[@=]|eyJ|-----BEGIN|AKIA|ASIA|gh[a-z]_|github_pat|glpat|npm_|xox|sk_|authorization|cookie|bearer|basic|token|secret|passw|pwd|api[-_]?key|access[-_]?key|private[-_]?key|client-key|credential|session/i

const SECRET_NAME =
  'token|secret|passw(?:or)?d?|pwd|signature|sig|credential|auth|session(?:_?id)?|sid|jwt|api[-_]?key|access[-_]?key|private[-_]?key|code|key'

const HEADER = '(?:proxy-)?authorization|(?:set-)?cookie2?|x-[\\w-]*(?:token|key|secret|auth|session)[\\w-]*'

const RULES: readonly (readonly [RegExp, string])[] = [
  // PEM private keys
  [/-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z0-9 ]*PRIVATE KEY-----|$)/g, REDACTED],
  // user:password@host in a URL, and user:password@ without a scheme
  [/([a-z][a-z0-9+.-]*:\/\/)[^\s/?#"'<>]*@/gi, `$1${REDACTED}@`],
  [/(^|[\s"'(=])[\w.%+-]+:[^\s:@/"']+@(?=[\w[])/g, `$1${REDACTED}@`],
  // headers that carry credentials: a quoted value to its quote, a bare one to the end of the line
  [
    new RegExp(`\\b(${HEADER})((?:\\\\?["'])?\\s*[:=,]\\s*\\[?\\s*)(\\\\?["'])(?:(?!\\3)[^\\r\\n])*`, 'gi'),
    `$1$2$3${REDACTED}`,
  ],
  [
    new RegExp(
      `\\b(${HEADER})(\\s*[:=])(?!\\s*(?:\\\\?["']|\\[redacted\\]|\\[\\s*\\\\?["']))[^\\r\\n]+`,
      'gi',
    ),
    `$1$2 ${REDACTED}`,
  ],
  // ?token=…&api_key=…
  [new RegExp(`([?&;][\\w.-]*(?:${SECRET_NAME})[\\w.-]*=)[^&;\\s"'<>#]+`, 'gi'), `$1${REDACTED}`],
  // schemes of the Authorization header
  [/\b(bearer|negotiate)(\s+)[\w.~+/=-]{4,}/gi, `$1$2${REDACTED}`],
  [/\b(basic|digest|apikey)(\s+)(?=[\w+/=-]*[\dA-Z=])[\w+/=-]{8,}/g, `$1$2${REDACTED}`],
  [/\b(Basic|Digest|ApiKey)(\s+)(?=[\w+/=-]*[\dA-Z=])[\w+/=-]{8,}/g, `$1$2${REDACTED}`],
  // JSON web tokens and keys that name themselves
  [/\beyJ[\w-]{4,}\.[\w-]{4,}(?:\.[\w-]*){0,3}/g, REDACTED],
  [/\b(?:AKIA|ASIA)[0-9A-Z]{16}\b/g, REDACTED],
  [/\b(?:gh[pousr]_|github_pat_|glpat-|xox[abeoprs]-|sk_(?:live|test)_|npm_)[\w-]{10,}/g, REDACTED],
  // password: …, "client_secret": "…", TOKEN=…
  [
    /\b([\w.-]*(?:passw(?:or)?d|passphrase|pwd|secret|api[-_]?key|access[-_]?key(?!-?id)|private[-_]?key|client-key-data|credential)[\w.-]*)((?:\\?["'])?\s*[:=]\s*(?:\\?["'])?)[^\s"',;}&\\]+/gi,
    `$1$2${REDACTED}`,
  ],
  [
    /\b([\w.-]*(?:token|session[-_]?id)[\w.-]*)((?:\\?["'])?\s*=\s*(?:\\?["'])?)[^\s"',;}&\\]+/gi,
    `$1$2${REDACTED}`,
  ],
  [
    /\b([\w.-]*(?:token|session[-_]?id)[\w.-]*)((?:\\?["'])?\s*:\s*(?:\\?["'])?)(?=[^\s"',;}&\\]*\d|[^\s"',;}&\\]{16})[^\s"',;}&\\]{4,}/gi,
    `$1$2${REDACTED}`,
  ],
]

/** `text` without credentials: Authorization and cookies, `user:pass@host`, `?token=…`, bearer tokens, keys. */
export const redactText = (text: string): string => {
  if (!SUSPICIOUS.test(text)) return text
  return RULES.reduce((kept, [pattern, replacement]) => kept.replace(pattern, replacement), text)
}

/** A copy of plain data (objects, arrays, strings, numbers) with {@link redactText} on every string and key. */
export const redactData = <T>(value: T): T => redact(value) as T

const redact = (value: unknown): unknown => {
  if (typeof value === 'string') return redactText(value)
  if (Array.isArray(value)) return typeof value[0] === 'number' ? value : value.map(redact)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [redactText(key), redact(inner)]))
}
