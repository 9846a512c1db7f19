import fc from 'fast-check'
import { expect, test } from 'vitest'
import { shellSplit } from '../../../../src/lab/node/shell-split.ts'

test('words are split at blanks, quotes and backslashes keep them together', () => {
  expect(shellSplit('java -jar app.jar')).toEqual(['java', '-jar', 'app.jar'])
  expect(shellSplit(`sh -c 'sleep 1; echo "hi"'`)).toEqual(['sh', '-c', 'sleep 1; echo "hi"'])
  expect(shellSplit('a "b \\" c" d\\ e \'\'')).toEqual(['a', 'b " c', 'd e', ''])
  expect(shellSplit('"\\n"')).toEqual(['\\n'])
})

test('an open quote and an empty line are no command', () => {
  expect(shellSplit("echo 'a")).toBeNull()
  expect(shellSplit('   ')).toBeNull()
})

test('words that are quoted as a shell would come back as they were', () => {
  const quote = (word: string): string => `'${word.replaceAll("'", `'\\''`)}'`
  fc.assert(
    fc.property(fc.array(fc.string(), { minLength: 1 }), (words) => {
      expect(shellSplit(words.map(quote).join(' '))).toEqual(words)
    }),
  )
})
