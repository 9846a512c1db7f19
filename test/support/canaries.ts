/** Secrets that a test plants and looks for afterwards. Each is planted once. */
export interface Canary {
  readonly where: string
  readonly secret: string
}

/** Looks like a key of somebody's: letters and digits, different each time, nothing that any rule could know by itself. */
const secretOf = (where: string, index: number): string =>
  `${where.replace(/[^a-z]/gi, '').slice(0, 6)}zq7${index}Kd9${index * 7919}x`

const PLACES = {
  header: [
    'Authorization',
    'Proxy-Authorization',
    'Cookie',
    'X-Api-Key',
    'X-Auth-Token',
    'X-Amz-Security-Token',
    'X-Vault-Token',
    'X-Csrf-Token',
    'X-Session-Id',
    'X-Tenant',
    'X-Forwarded-User',
    'X-Internal',
    'Referer',
    'Signature',
  ],
  query: [
    'token',
    'access_token',
    'api_key',
    'key',
    'sig',
    'password',
    'code',
    'client_secret',
    'X-Amz-Signature',
    'session_id',
    'auth',
    'pwd',
  ],
  body: ['json', 'form', 'text'],
  env: [
    'AWS_SECRET_ACCESS_KEY',
    'GITHUB_TOKEN',
    'NPM_TOKEN',
    'DATABASE_URL',
    'PGPASSWORD',
    'KUBE_TOKEN',
    'MY_SETTING',
  ],
  kubeconfig: [
    'token',
    'otherToken',
    'password',
    'clientKeyData',
    'execEnv',
    'execArgument',
    'accessToken',
    'idToken',
    'refreshToken',
  ],
  answer: ['setCookie', 'body', 'location', 'wwwAuthenticate'],
  event: ['password', 'bearer', 'registry', 'query', 'github', 'jwt', 'aws', 'pem', 'cookie', 'environment'],
  annotation: ['lastApplied'],
  error: ['targetUrl', 'controlUrl', 'serverUrl', 'headerValue', 'setFlag'],
} as const

type Kind = keyof typeof PLACES

let index = 0
const planted: Canary[] = []
const table = new Map<string, string>()
for (const [kind, places] of Object.entries(PLACES))
  for (const place of places) {
    const where = `${kind} ${place}`
    const secret = secretOf(place, ++index)
    planted.push({ where, secret })
    table.set(where, secret)
  }

/** All of them. */
export const CANARIES: readonly Canary[] = planted

/** The secret of one place. */
export const canary = <K extends Kind>(kind: K, place: (typeof PLACES)[K][number]): string =>
  table.get(`${kind} ${place}`) ?? ''

const encodings = (secret: string): readonly string[] => {
  const base64 = Buffer.from(secret).toString('base64').replace(/=+$/, '')
  // Within a longer text that was encoded, the first and the last characters depend on their neighbours.
  const shifted = [1, 2].map((shift) =>
    Buffer.from('x'.repeat(shift) + secret)
      .toString('base64')
      .slice(4, -4),
  )
  return [secret, base64.slice(0, -2), ...shifted, Buffer.from(secret).toString('hex')]
}

/** The canaries that `text` holds, as they are, in base64 or in hexadecimal. */
export const canariesIn = (text: string): readonly string[] =>
  CANARIES.filter(({ secret }) => encodings(secret).some((form) => text.includes(form))).map(
    ({ where }) => where,
  )
