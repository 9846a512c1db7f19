import { HarnessError } from '../../kernel/errors.ts'
import type { RolloutControl } from '../../kube/ports.ts'
import type { DeploymentSnapshot } from '../../model/cluster.ts'
import type { Variant } from '../../model/variant.ts'

const refused = (why: string, hint: string): HarnessError =>
  new HarnessError('DEPLOYMENT_REFUSED', `${why}; nothing was changed`, { hint })

const bodyOf = (container: string, image: string) => ({
  spec: { template: { spec: { containers: [{ name: container, image }] } } },
})

/** The change of the main container's image, as variants are changed. Throws DEPLOYMENT_REFUSED when no container is the main one. */
export const imageVariant = (name: string, deployment: DeploymentSnapshot, image: string): Variant => {
  const { mainContainer } = deployment
  if (mainContainer === undefined) {
    throw refused(
      `deployment ${deployment.namespace}/${deployment.name} has no container whose image could be changed`,
      'look at spec.template.spec.containers',
    )
  }
  const object = { kind: 'Deployment' as const, name: deployment.name }
  return { name, patches: [{ object, type: 'strategic', body: bodyOf(mainContainer, image) }] }
}

/**
 * All images of the template, in order, were the main container's this one: asked of the API server by a dry run. Throws
 * DEPLOYMENT_REFUSED when it is that one already, or no container is the main one, and the KUBE_ codes.
 */
export const tryImage = async (
  control: RolloutControl,
  deployment: DeploymentSnapshot,
  image: string,
): Promise<readonly string[]> => {
  const [patch] = imageVariant('image', deployment, image).patches
  const body = { metadata: { uid: deployment.uid }, ...(patch?.type === 'strategic' ? patch.body : {}) }
  const { images } = await control.patchDeployment(deployment, body, { dryRun: true })
  if (images.join(' ') === deployment.images.join(' ')) {
    throw refused(
      `container ${deployment.mainContainer} of deployment ${deployment.namespace}/${deployment.name} has image ${image} already`,
      'give rollout.image another one, so that the change makes a rollout',
    )
  }
  if (!images.includes(image)) {
    throw refused(
      `the image of deployment ${deployment.namespace}/${deployment.name} would be ${images.join(' ')} instead of ${image}`,
      'look for an admission webhook or policy that edits images',
    )
  }
  return images
}
