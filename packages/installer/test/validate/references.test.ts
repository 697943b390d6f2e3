import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { apiReferences } from '../../src/validate/references.ts'

describe('apiReferences', () => {
  it.each<[object, string[]]>([
    [{ serviceAccountName: 'a' }, ['serviceAccount a']],
    [{ serviceAccount: 'a', serviceAccountName: '' }, ['serviceAccount a']],
    [{ imagePullSecrets: [{ name: 'a' }] }, ['secret a']],
    [{ resourceClaims: [{ name: 'a' }] }, ['resourceClaim a']],
    [
      { volumes: [{ configMap: { name: 'a' } }, { secret: { secretName: 'b' } }] },
      ['configMap a', 'secret b'],
    ],
    [
      { volumes: [{ persistentVolumeClaim: { claimName: 'a' } }, { ephemeral: {} }] },
      ['persistentVolumeClaim a', 'persistentVolumeClaim'],
    ],
    [
      { volumes: [{ csi: { driver: 'a', nodePublishSecretRef: { name: 'b' } } }] },
      ['csiDriver a', 'secret b'],
    ],
    [
      {
        volumes: [{ projected: { sources: [{ serviceAccountToken: { path: 'a' } }, { downwardAPI: {} }] } }],
      },
      ['serviceAccountToken a'],
    ],
    [{ volumes: [{ cephfs: { secretRef: { name: 'a' } } }] }, ['secret a']],
    [{ containers: [{ env: [{ name: 'x', valueFrom: { secretKeyRef: { name: 'a' } } }] }] }, ['secret a']],
    [
      { initContainers: [{ envFrom: [{ configMapRef: { name: 'a' } }, { configMapRef: { name: 'a' } }] }] },
      ['configMap a'],
    ],
  ])('finds those of %j', (spec, references) => {
    expect(apiReferences({ spec })).toEqual(references)
  })

  it('passes over what kubelet has itself', () => {
    const volumes = [
      { hostPath: { path: '/a' } },
      { emptyDir: {} },
      { configMap: null },
      { downwardAPI: { items: [] } },
    ]
    const env = [
      { name: 'x', value: 'y' },
      { name: 'ip', valueFrom: { fieldRef: { fieldPath: 'status.hostIP' } } },
    ]
    expect(apiReferences({ spec: { volumes, containers: [{ env }], serviceAccountName: '' } })).toEqual([])
  })

  it('takes anything for a pod', () => {
    fc.assert(fc.property(fc.anything(), (pod) => Array.isArray(apiReferences(pod))))
    const list = fc.array(fc.anything())
    const spec = fc.record({ volumes: list, containers: list, imagePullSecrets: fc.anything() })
    fc.assert(fc.property(spec, (one) => Array.isArray(apiReferences({ spec: one }))))
  })
})
