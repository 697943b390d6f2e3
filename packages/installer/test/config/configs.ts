import fc from 'fast-check'
import { PROFILES, ROLES } from '../../src/config/config.ts'
import type { RawConfig } from '../../src/config/parse.ts'

const octet = fc.integer({ min: 1, max: 254 })

/** Metrics without TLS, with it, and for certain clients only. */
const metricsFiles: fc.Arbitrary<Readonly<Record<string, string>>> = fc.constantFrom(
  {},
  { 'metrics-tls-cert': '/etc/lvscare/tls.pem', 'metrics-tls-key': '/etc/lvscare/tls.pem' },
  {
    'metrics-tls-cert': '/etc/lvscare/tls/tls.crt',
    'metrics-tls-key': '/etc/lvscare/tls/tls.key',
    'metrics-client-ca': '/etc/kubernetes/pki/ca.crt',
  },
)

const guardFlags = fc
  .tuple(
    fc.record(
      {
        scheduler: fc.constantFrom('wrr', 'wlc'),
        mode: fc.constantFrom('local', 'route', 'link', 'none'),
        masquerade: fc.constantFrom(true, false, 'T', '0'),
        'health-path': fc.constantFrom('/readyz', 'livez', '/healthz'),
        'health-schem': fc.constantFrom('https', 'http'),
        'health-req-headers': fc.constantFrom(['a=b', 'c=-d'], ['a=b,c=d']),
        'health-req-body': fc.constantFrom('', '-x', '--vs', 'a b\n'),
        'health-status': fc.constantFrom(401, [401, 403], '401,403', ''),
        'health-timeout': fc.constantFrom('500ms', 2, '3'),
        interval: fc.constantFrom(5, '1m30s', 0.5),
        'reset-connections': fc.constantFrom(true, 'all-namespaces', 'f'),
        'slow-start': fc.constantFrom('5s', ''),
        'metrics-address': fc.constantFrom('off', '0.0.0.0:9100', '[::1]:9100'),
      },
      { requiredKeys: ['scheduler'] },
    ),
    metricsFiles,
  )
  .map(([guard, files]) => (guard['metrics-address'] === 'off' ? guard : { ...guard, ...files }))

/** Configurations that are right, with everything in them that may be set. */
export const rawConfigs: fc.Arbitrary<RawConfig> = fc.record(
  {
    vip: fc.constantFrom('10.103.97.2', '169.254.8.8'),
    port: fc.integer({ min: 1, max: 65535 }),
    servers: fc
      .uniqueArray(
        fc
          .tuple(octet, fc.option(fc.integer({ min: 1, max: 65535 })))
          .map(([host, port]) => ({ host, port })),
        { maxLength: 5, selector: ({ host }) => host },
      )
      .map((all) => all.map(({ host, port }) => `192.0.2.${host}${port === null ? '' : `:${port}`}`)),
    role: fc.constantFrom(...ROLES),
    nodeAddress: octet.map((host) => `198.51.100.${host}`),
    endpointName: fc.constantFrom('apiserver.cluster.local', 'api', 'a-b.example'),
    podName: fc.constantFrom('kube-sealos-lvscare', 'g'),
    image: fc.constantFrom('lvscare', 'sealos.hub:5000/sealos/lvscare:latest', 'ghcr.io/labring/lvscare:v1'),
    imageArchive: fc.constant('/opt/images.tar'),
    profile: fc.constantFrom(...PROFILES),
    kubernetesVersion: fc.constantFrom('v1.31.4', '1.22', 'v1.37.0-alpha.1'),
    podSubnet: fc.constantFrom('100.64.0.0/10', '100.64.0.0/10, FD00:0::/48'),
    serviceSubnet: fc.constant('10.96.0.0/22'),
    sans: fc.subarray(['example.org', '*.example.org', '203.0.113.9', 'fd00::9']),
    guardControlPlane: fc.boolean(),
    bootUnit: fc.boolean(),
    command: fc.constantFrom(['lvscare'], ['node', '/opt/lvscare.cjs']),
    guard: guardFlags,
  },
  { requiredKeys: [] },
)
