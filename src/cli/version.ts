import packageFile from '../../package.json' with { type: 'json' }

/** Version of rollproof, from package.json at build time. */
export const version = (): string => packageFile.version
/** Version of the HTTP engine's library. */
export const undiciVersion = (): string => packageFile.dependencies.undici
