/** The sample app; any tag, which is the version that it reports. */
export const SAMPLE_IMAGE = 'rollproof.local/sample-app'

const tagOf = (image: string): string | null => {
  const mark = image.lastIndexOf(':')
  return mark > image.lastIndexOf('/') ? image.slice(mark + 1) : null
}

/** Whether the lab can run the image without a command. */
export const isKnownImage = (image: string): boolean => {
  const tag = tagOf(image)
  return (tag === null ? image : image.slice(0, -tag.length - 1)) === SAMPLE_IMAGE
}

/** The image's tag; `latest` without one. */
export const versionOf = (image: string): string => tagOf(image) ?? 'latest'
