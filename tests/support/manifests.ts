import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { deployTool, programOf } from './programs.js';

const root = join(__dirname, '../..');

type Labels = Readonly<Record<string, string>>;
type Strings = readonly string[];

interface Probe {
  readonly httpGet: { readonly path: string; readonly port: string };
  readonly periodSeconds: number;
  readonly failureThreshold: number;
}

export interface Container {
  readonly image: string;
  readonly envFrom: readonly { readonly configMapRef: { readonly name: string } }[];
  readonly env: readonly {
    readonly name: string;
    readonly valueFrom: { readonly secretKeyRef: { readonly name: string; readonly key: string } };
  }[];
  readonly ports: readonly { readonly name: string; readonly containerPort: number }[];
  readonly startupProbe: Probe;
  readonly livenessProbe: Probe;
  readonly readinessProbe: Probe;
  readonly securityContext: object;
  readonly volumeMounts: readonly { readonly name: string; readonly mountPath: string }[];
}

export interface Pod {
  readonly metadata: { readonly labels: Labels; readonly annotations: Labels };
  readonly spec: {
    readonly terminationGracePeriodSeconds: number;
    readonly automountServiceAccountToken: boolean;
    readonly securityContext: { readonly runAsUser: number };
    readonly topologySpreadConstraints: readonly {
      readonly labelSelector: { readonly matchLabels: Labels };
    }[];
    readonly containers: readonly Container[];
    readonly volumes: readonly {
      readonly name: string;
      readonly secret: {
        readonly secretName: string;
        readonly items: readonly { readonly key: string; readonly path: string }[];
      };
    }[];
  };
}

/** Of each kind, as much as is looked at. */
export interface Kinds {
  readonly Namespace: { readonly metadata: { readonly name: string; readonly labels: Labels } };
  readonly ConfigMap: { readonly metadata: { readonly name: string }; readonly data: Labels };
  readonly Secret: { readonly metadata: { readonly name: string }; readonly data: Labels };
  readonly Deployment: {
    readonly metadata: { readonly name: string };
    readonly spec: {
      readonly replicas: number;
      readonly selector: { readonly matchLabels: Labels };
      readonly strategy: object;
      readonly template: Pod;
    };
  };
  readonly PodDisruptionBudget: {
    readonly spec: { readonly selector: { readonly matchLabels: Labels }; readonly maxUnavailable: number };
  };
  readonly Service: {
    readonly metadata: { readonly name: string };
    readonly spec: {
      readonly selector: Labels;
      readonly ports: readonly { readonly name: string; readonly targetPort: string }[];
    };
  };
  readonly Ingress: {
    readonly metadata: { readonly annotations: Labels };
    readonly spec: {
      readonly rules: readonly {
        readonly http: {
          readonly paths: readonly {
            readonly path: string;
            readonly backend: {
              readonly service: { readonly name: string; readonly port: { readonly name: string } };
            };
          }[];
        };
      }[];
    };
  };
  readonly NetworkPolicy: {
    readonly spec: {
      readonly podSelector: { readonly matchLabels: Labels };
      readonly ingress: readonly { readonly ports: readonly { readonly port: string }[] }[];
    };
  };
}

const succeed = (program: string, args: Strings, input = ''): string => {
  const { status, stdout, stderr } = spawnSync(program, args, { cwd: root, encoding: 'utf8', input });
  if (status !== 0) throw new Error(`${program} ${args.join(' ')}: ${stderr}${stdout}`);
  return stdout;
};

/** The yaml of PyPI reads as Kubernetes does. */
const asJson = 'import json, sys, yaml; print(json.dumps(list(yaml.safe_load_all(sys.stdin))))';

/** What the cluster is told, as kustomize puts it together. */
export class Manifests {
  readonly text = succeed(programOf('kubectl', 'kubernetes-client'), ['kustomize', 'deploy/kubernetes']);
  private readonly all: readonly { readonly kind: string }[];

  constructor() {
    this.all = JSON.parse(succeed(deployTool('python'), ['-c', asJson], this.text)) as readonly {
      kind: string;
    }[];
  }

  every<K extends keyof Kinds>(kind: K): readonly Kinds[K][] {
    return this.all.filter((one) => one.kind === kind) as unknown as readonly Kinds[K][];
  }

  the<K extends keyof Kinds>(kind: K): Kinds[K] {
    const [one, other] = this.every(kind);
    if (one === undefined || other !== undefined)
      throw new Error(`not one ${kind} but ${other ? 'more' : 'none'}`);
    return one;
  }
}
