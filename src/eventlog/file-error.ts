import { type ErrorCode, HarnessError, messageOf } from '../kernel/errors.ts'

/** What to do about the errno codes that a write can end with. */
const HINTS: Readonly<Record<string, string>> = {
  EACCES: 'give this user the right to write there, or choose another folder with --out',
  EPERM: 'give this user the right to write there, or choose another folder with --out',
  EROFS: 'the file system is read-only; choose another folder with --out',
  ENOSPC: 'the disk is full; free some space, or choose another folder with --out',
  EDQUOT: 'the disk quota is used up; free some space, or choose another folder with --out',
  ENOTDIR: 'a part of the path is a file; choose another folder with --out',
  EEXIST: 'something of that name is already there; choose another folder with --out',
  ENOENT: 'a part of the path does not exist, or is a link to nothing; choose another folder with --out',
  ELOOP: 'the path is a loop of links; choose another folder with --out',
  ENAMETOOLONG: 'choose a shorter name or another folder with --out',
  EMFILE: 'too many open files; raise the limit (ulimit -n)',
  EIO: 'the disk reports errors',
}

/** The errno code of anything that was thrown; `null` when it has none. */
export const errnoOf = (error: unknown): string | null =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : null

/** An error of the file system as a {@link HarnessError}: what we were doing, and what to do about it. */
export const fileError = (
  doing: string,
  error: unknown,
  code: ErrorCode = 'OUTPUT_NOT_WRITABLE',
): HarnessError => {
  if (error instanceof HarnessError) return error
  const errno = errnoOf(error)
  const hint = errno === null ? undefined : HINTS[errno]
  return new HarnessError(code, `${doing}: ${errno === null ? messageOf(error) : describeErrno(errno)}`, {
    ...(hint === undefined ? {} : { hint }),
    cause: error,
  })
}

const WORDS: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EPERM: 'not permitted',
  EROFS: 'read-only file system',
  ENOSPC: 'no space left on the device',
  EDQUOT: 'disk quota exceeded',
  ENOTDIR: 'not a folder',
  EISDIR: 'is a folder',
  EEXIST: 'already exists',
  ENOENT: 'no such file or folder',
}

const describeErrno = (errno: string): string =>
  WORDS[errno] === undefined ? errno : `${WORDS[errno]} (${errno})`
