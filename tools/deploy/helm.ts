import { stringify } from 'yaml';
import { type Manifest, yamlOf } from './workload.js';

const CHART = 'deploy/helm/atoll';
/** In the images and host names of the manifests, in place of what the values say. */
const FILLED: [place: string | RegExp, value: string][] = [
  [/image: atoll$/gm, 'image: "{{ .Values.image.repository }}:{{ .Values.image.tag }}"'],
  [/atoll\.example\.com/g, '{{ .Values.host }}'],
  [/secretName: atoll-tls/g, 'secretName: {{ .Values.tlsSecret }}'],
];

export interface ChartParts {
  /** What every topology needs. */
  base: Manifest[];
  /** `one-process` and `split`: one of them is rendered. */
  topologies: Record<string, Manifest[]>;
  monitoring: Manifest[];
}

/** The Helm chart of the manifests that the overlays hold: path -> text. Values choose the topology, image, host and settings. */
export function helmChart({ base, topologies, monitoring }: ChartParts): Record<string, string> {
  const settings = base.find(({ kind }) => kind === 'ConfigMap')!;
  const rest = base.filter((one) => one !== settings);
  const templates = {
    'base.yaml': written(rest),
    'settings.yaml': `${written([{ ...settings, data: undefined }])}data:\n  {{- range $name, $value := .Values.settings }}\n` +
      '  {{ $name }}: {{ $value | quote }}\n  {{- end }}\n',
    ...Object.fromEntries(Object.entries(topologies)
      .map(([name, manifests]) => [`${name}.yaml`, when(`eq .Values.topology "${name}"`, manifests)])),
    'monitoring.yaml': when('.Values.monitoring', monitoring),
  };
  return {
    [`${CHART}/Chart.yaml`]: HEAD + stringify({ apiVersion: 'v2', name: 'atoll', description: 'A multi-tenant AI-assistant platform',
      type: 'application', version: '0.1.0', appVersion: '0.1.0', kubeVersion: '>=1.27.0-0' }),
    [`${CHART}/values.yaml`]: HEAD + stringify({
      topology: 'one-process', image: { repository: 'registry.example.com/atoll', tag: '0.1.0' }, host: 'atoll.example.com',
      tlsSecret: 'atoll-tls', monitoring: false, settings: settings.data as object,
    }, { lineWidth: 0 }),
    ...Object.fromEntries(Object.entries(templates).map(([file, text]) => [`${CHART}/templates/${file}`, HEAD + text])),
  };
}

const HEAD = '# Written by `npm run docs` from what deploy/kubernetes holds (tools/deploy/helm.ts).\n';

function when(condition: string, manifests: Manifest[]): string {
  return `{{- if ${condition} }}\n${written(manifests)}{{- end }}\n`;
}

/** Braces of Prometheus' own templates are told from the chart's. */
function written(manifests: Manifest[]): string {
  const text = yamlOf(manifests)
    .replace(/\{\{.*?\}\}/g, (own) => `{{ ${JSON.stringify(own).includes('\\') ? `\`${own}\`` : JSON.stringify(own)} }}`);
  return FILLED.reduce((filled, [place, value]) => filled.replaceAll(place, value), text);
}
