import { describe, expect, it } from 'vitest'
import { parseVersion } from '../../src/config/version.ts'
import { chooseApiVersion, kubeadmApiVersion, kubeadmApiVersions } from '../../src/kubeadm/api-version.ts'
import { release } from './fixture.ts'

describe('kubeadmApiVersion', () => {
  it.each([
    ['v1beta1', 13, 14],
    ['v1beta2', 15, 21],
    ['v1beta3', 22, 30],
    ['v1beta4', 31, 36],
  ] as const)('is %s from 1.%i to 1.%i', (api, first, last) => {
    for (let minor = first; minor <= last; minor += 1) expect(kubeadmApiVersion(release(minor))).toBe(api)
  })

  it.each([0, 12, 37, 99])('is not known for 1.%i', (minor) => {
    expect(kubeadmApiVersion(release(minor))).toBeUndefined()
  })

  it('takes a preview of a release for that release', () => {
    expect(kubeadmApiVersion(parseVersion('v1.31.0-rc.1'))).toBe('v1beta4')
  })
})

describe('kubeadmApiVersions', () => {
  it.each([
    [13, ['v1beta1']],
    [15, ['v1beta2', 'v1beta1']],
    [21, ['v1beta2', 'v1beta1']],
    [22, ['v1beta3', 'v1beta2']],
    [26, ['v1beta3', 'v1beta2']],
    [27, ['v1beta3']],
    [31, ['v1beta4', 'v1beta3']],
    [36, ['v1beta4', 'v1beta3']],
    [37, []],
  ])('lists what 1.%i reads, newest first', (minor, expected) => {
    expect(kubeadmApiVersions(release(minor))).toEqual(expected)
  })
})

describe('chooseApiVersion', () => {
  it('takes an older version that the release reads', () => {
    expect(chooseApiVersion(release(31), 'v1beta3')).toBe('v1beta3')
  })

  it('refuses a version that the release does not read, and says which it does', () => {
    expect(() => chooseApiVersion(release(27), 'v1beta2')).toThrow(
      'apiVersion "v1beta2": must be one that the kubeadm of v1.27.3 reads: v1beta3',
    )
  })

  it('refuses a release that is not known', () => {
    expect(() => chooseApiVersion(release(37))).toThrow(
      'kubernetesVersion "v1.37.3": must be a release from v1.13 to v1.36',
    )
  })
})
