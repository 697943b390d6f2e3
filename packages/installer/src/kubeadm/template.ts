import type { InstallerConfig } from '../config/config.ts'
import type { KubernetesVersion } from '../config/version.ts'
import { type ClusterValues, clusterValues, type KubeadmOptions } from './cluster-values.ts'
import type { TemplateValues } from './render.ts'

const TEMPLATE = `{{- /*
Configuration of kubeadm init. Edit it, and give it back: it is rendered with these values.

  .Version              release of Kubernetes, such as v1.31.4
  .ApiVersion           version of kubeadm's configuration that this release reads, such as v1beta4
  .V1beta4              true for v1beta4: arguments are lists, limits of time are in one place
  .Masters              addresses of the apiservers, for range
  .VIP .VIPCIDR .Port   the virtual IP, the same as a range, the port of the apiserver
  .ApiServer            name of the control plane
  .CertSANS             more names for the certificate, for range
  .PodCIDR .SvcCIDR     ranges of pods and services
  .AdvertiseAddress .BindPort .NodeIP .CRISocket .ControlPlaneTimeout .CertificateValidity .DualStackGate
                        empty where there is nothing to say

The language is a part of Go's text/template: {{.Name}}, {{range .Name}} {{.}} {{end}}, {{if .Name}} {{else}} {{end}},
comments like this one, and {{- and -}}, which take away the white space next to them. Inside range there is only {{.}}.
*/ -}}
apiVersion: kubeadm.k8s.io/{{.ApiVersion}}
kind: InitConfiguration
{{- if .NodeIP}}
nodeRegistration:
{{- if .CRISocket}}
  criSocket: "{{.CRISocket}}"
{{- end}}
  kubeletExtraArgs:
{{- if .V1beta4}}
  - name: node-ip
    value: "{{.NodeIP}}"
{{- else}}
    node-ip: "{{.NodeIP}}"
{{- end}}
{{- else}}
{{- if .CRISocket}}
nodeRegistration:
  criSocket: "{{.CRISocket}}"
{{- end}}
{{- end}}
{{- if .AdvertiseAddress}}
localAPIEndpoint:
  advertiseAddress: "{{.AdvertiseAddress}}"
  bindPort: {{.BindPort}}
{{- end}}
{{- if .V1beta4}}
{{- if .ControlPlaneTimeout}}
timeouts:
  controlPlaneComponentHealthCheck: {{.ControlPlaneTimeout}}
{{- end}}
{{- end}}
---
apiVersion: kubeadm.k8s.io/{{.ApiVersion}}
kind: ClusterConfiguration
kubernetesVersion: {{.Version}}
controlPlaneEndpoint: "{{.ApiServer}}:{{.Port}}"
networking:
  podSubnet: "{{.PodCIDR}}"
  serviceSubnet: "{{.SvcCIDR}}"
apiServer:
  certSANs:
  {{range .CertSANS -}}
  - "{{.}}"
  {{end -}}
  - 127.0.0.1
  - "{{.ApiServer}}"
  {{range .Masters -}}
  - "{{.}}"
  {{end -}}
  - "{{.VIP}}"
{{- if .V1beta4}}
{{- else}}
{{- if .ControlPlaneTimeout}}
  timeoutForControlPlane: {{.ControlPlaneTimeout}}
{{- end}}
{{- end}}
{{- if .CertificateValidity}}
certificateValidityPeriod: {{.CertificateValidity}}
caCertificateValidityPeriod: {{.CertificateValidity}}
{{- end}}
{{- if .DualStackGate}}
featureGates:
  IPv6DualStack: true
{{- end}}
---
apiVersion: kubeproxy.config.k8s.io/v1alpha1
kind: KubeProxyConfiguration
mode: ipvs
ipvs:
  excludeCIDRs:
  - "{{.VIPCIDR}}"
`

/** The template of the configuration of `kubeadm init`, to be edited and rendered with {@link templateValues}. */
export function template(): string {
  return TEMPLATE
}

/**
 * The values of a template for a configuration and a release: rendered with them, {@link template} says what
 * `buildKubeadmConfig` builds of the same. Throws ConfigError as that does.
 */
export function templateValues(
  config: InstallerConfig,
  version: KubernetesVersion,
  options: KubeadmOptions = {},
): TemplateValues {
  const values = clusterValues(config, version, options)
  return {
    Version: values.version,
    ApiVersion: values.api,
    V1beta4: values.modern,
    Masters: values.masters,
    VIP: config.virtual.address,
    VIPCIDR: values.virtualRange,
    Port: String(config.virtual.port),
    ApiServer: config.endpointName,
    CertSANS: values.extraSans,
    PodCIDR: values.podSubnet,
    SvcCIDR: values.serviceSubnet,
    ...optionalValues(values),
  }
}

function optionalValues(values: ClusterValues): TemplateValues {
  return {
    AdvertiseAddress: values.firstServer?.address ?? '',
    BindPort: String(values.firstServer?.port ?? ''),
    NodeIP: values.nodeAddress ?? '',
    CRISocket: values.criSocket ?? '',
    ControlPlaneTimeout: values.controlPlaneTimeout ?? '',
    CertificateValidity: values.certificateValidity ?? '',
    DualStackGate: values.dualStackGate,
  }
}
