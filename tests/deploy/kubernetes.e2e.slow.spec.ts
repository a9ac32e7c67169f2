import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { readConfig, settingsInForce } from '../../src/config.js';
import { version } from '../../src/version.js';
import { Manifests, type Kinds } from '../support/manifests.js';
import { OwnServer } from '../support/postgres-server.js';
import { deployTool, programOf } from '../support/programs.js';
import { freePort, startProcess } from '../support/real-process.js';

const root = join(__dirname, '../..');
const manifests = new Manifests();
const deployment = manifests.the('Deployment');
const pod = deployment.spec.template;
const [container] = pod.spec.containers as [(typeof pod.spec.containers)[0]];
const { data: settings, metadata: map } = manifests.the('ConfigMap');

/** With what a Secret would bring. */
const environment: Record<string, string> = {
  ...settings,
  ...Object.fromEntries(container.env.map(({ name }) => [name, 'x'.repeat(32)])),
  DATABASE_URL: 'postgres://rockets:secret@db/rockets',
};
const config = readConfig(environment, false);

const seconds = (name: string): number => Number(/^(\d+)s$/.exec(settings[name] ?? '')?.[1]);

describe('tools find nothing wrong', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'rockets-'));
    writeFileSync(join(folder, 'all.yaml'), manifests.text);
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  const run = (program: string, args: readonly string[]) => {
    const { status, stdout, stderr } = spawnSync(program, args, {
      cwd: root,
      encoding: 'utf8',
    });
    return { status, said: stdout + stderr };
  };

  it('yamllint', () => {
    const args = ['-c', 'deploy/.yamllint', '--strict', 'deploy/kubernetes'];
    expect(run(deployTool('yamllint'), args)).toEqual({ status: 0, said: '' });
  });

  /** The oldest that knows all of it, and the newest there is. */
  it.each(['1.29.0', '1.37.0'])('kubernetes-validate, of Kubernetes %s', (release) => {
    const args = ['--strict', '--kubernetes-version', release, join(folder, 'all.yaml')];
    const { status, said } = run(deployTool('kubernetes-validate'), args);
    expect([status, said]).toEqual([0, expect.stringContaining('passed for resource deployment/rockets')]);
  });
});

describe('what is told', () => {
  it('is settings that there are, and the service takes them', () => {
    const known = settingsInForce({}, false).map((line) => line.split('=')[0]);
    expect(known).toEqual(expect.arrayContaining(Object.keys(environment)));
    expect(container.envFrom).toEqual([{ configMapRef: { name: map.name } }]);
    expect(map.name).toMatch(/^rockets-settings-\w+$/);
  });

  it('is the image of this release', () => {
    expect(container.image).toBe(`registry.example/rockets:${version()}`);
  });

  it('concerns the same pods everywhere', () => {
    const { labels } = pod.metadata;
    expect(labels).toEqual({ 'app.kubernetes.io/name': 'rockets' });
    const selectors = [
      deployment.spec.selector.matchLabels,
      manifests.the('PodDisruptionBudget').spec.selector.matchLabels,
      manifests.the('Service').spec.selector,
      manifests.the('NetworkPolicy').spec.podSelector.matchLabels,
      ...pod.spec.topologySpreadConstraints.map(({ labelSelector }) => labelSelector.matchLabels),
    ];
    expect(selectors).toEqual(Array.from({ length: 6 }, () => labels));
  });

  it('leads from the ingress to the port that listens', () => {
    const ports = Object.fromEntries(container.ports.map(({ name, containerPort }) => [name, containerPort]));
    expect(ports).toEqual({ http: config.port, admin: config.adminPort });
    const service = manifests.the('Service');
    expect(service.spec.ports).toMatchObject([{ name: 'http', targetPort: 'http' }]);
    const paths = manifests
      .every('Ingress')
      .flatMap(({ spec }) => spec.rules.flatMap(({ http }) => http.paths));
    expect(paths.map(({ backend }) => backend.service)).toEqual([
      { name: service.metadata.name, port: { name: 'http' } },
      { name: service.metadata.name, port: { name: 'http' } },
    ]);
    const { ingress } = manifests.the('NetworkPolicy').spec;
    expect(ingress.flatMap(({ ports }) => ports.map(({ port }) => port))).toEqual(['http', 'admin']);
    expect(pod.metadata.annotations).toMatchObject({ 'prometheus.io/port': String(config.adminPort) });
  });

  it('repeats messages alone', () => {
    const repeated = manifests
      .every('Ingress')
      .filter(({ metadata }) => JSON.stringify(metadata.annotations).includes('non_idempotent'))
      .flatMap(({ spec }) => spec.rules.flatMap(({ http }) => http.paths.map(({ path }) => path)));
    expect(repeated).toEqual(['/messages']);
  });

  it('lets a pod that goes serve until everybody has heard, and end in order after that', () => {
    const drain = seconds('DRAIN_DELAY');
    const { periodSeconds, failureThreshold } = container.readinessProbe;
    expect(drain).toBeGreaterThan(periodSeconds * failureThreshold);
    // Whatever still hangs is killed by the service itself 0.8 s after that.
    expect(pod.spec.terminationGracePeriodSeconds).toBeGreaterThan(drain + seconds('SHUTDOWN_TIMEOUT') + 1);
    expect(deployment.spec).toMatchObject({
      replicas: 3,
      strategy: { rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } },
    });
    expect(manifests.the('PodDisruptionBudget').spec.maxUnavailable).toBe(1);
  });

  it('runs as whom the image names', () => {
    const [, user] = /^USER (\d+)/m.exec(readFileSync(join(root, 'deploy/Dockerfile'), 'utf8')) ?? [];
    expect(pod.spec.securityContext.runAsUser).toBe(Number(user));
  });

  it('gives pods no right that they do not need', () => {
    expect(pod.spec).toMatchObject({
      automountServiceAccountToken: false,
      securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
    });
    expect(container.securityContext).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    });
    const { labels } = manifests.the('Namespace').metadata;
    expect(labels).toMatchObject({ 'pod-security.kubernetes.io/enforce': 'restricted' });
  });
});

describe('the commands of docs/deploying.md', () => {
  const lines = /## Kubernetes\n[^]*?\n((?: {4}.*\n)+)/
    .exec(readFileSync(join(root, 'docs/deploying.md'), 'utf8'))![1]!
    .trim()
    .split(/\n +/);
  let folder: string;
  let server: OwnServer;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'rockets-'));
    chmodSync(folder, 0o755);
    server = await OwnServer.start();
  });
  afterAll(async () => {
    await server.remove();
    rmSync(folder, { recursive: true });
  });

  const bash = (line: string): string =>
    execFileSync('bash', ['-euc', line], { cwd: folder, encoding: 'utf8' });

  /** As they would be given to the cluster. */
  const secrets = (): Record<string, Kinds['Secret']['data']> => {
    const kubectl = programOf('kubectl', 'kubernetes-client');
    const made = lines
      .filter((line) => line.includes('create secret'))
      .map(
        (line) =>
          JSON.parse(bash(`${line.replace('kubectl', kubectl)} --dry-run=client -o json`)) as Kinds['Secret'],
      );
    return Object.fromEntries(made.map(({ metadata, data }) => [metadata.name, data]));
  };

  it('make the secrets that pods ask for, with which an instance starts, tells the probes, drains and stops', async () => {
    const makeKeys = lines.filter((line) => line.startsWith('npx rockets keys create'));
    expect(makeKeys).toHaveLength(2);
    for (const line of makeKeys) {
      expect(
        bash(line.replace('npx rockets', `${process.execPath} ${join(root, 'dist/cli/rockets.js')}`)),
      ).toContain('rk_');
    }
    const made = secrets();
    const value = (name: string, key: string): string => Buffer.from(made[name]![key]!, 'base64').toString();
    const given = Object.fromEntries(
      container.env.map(({ name, valueFrom: { secretKeyRef } }) => [
        name,
        value(secretKeyRef.name, secretKeyRef.key),
      ]),
    );
    expect(new URL(given['DATABASE_URL']!).protocol).toBe('postgres:');

    // What is mounted is where the settings look for it.
    const [mount] = container.volumeMounts;
    const [{ secret }] = pod.spec.volumes as [(typeof pod.spec.volumes)[0]];
    const [item] = secret.items;
    expect(join(mount!.mountPath, item!.path)).toBe(settings['API_KEYS_FILE']);
    const keys = join(folder, 'mounted', item!.path);
    mkdirSync(dirname(keys));
    execFileSync('bash', ['-c', `cat > ${keys}; chmod 0444 ${keys}`], {
      input: value(secret.secretName, item!.key),
    });

    const adminPort = await freePort();
    const service = await startProcess(
      {
        ...settings,
        ...given,
        NODE_ENV: 'production',
        DATABASE_URL: server.url,
        API_KEYS_FILE: keys,
        ADMIN_PORT: String(adminPort),
        DRAIN_DELAY: '2s',
      },
      [],
      asPod(pod.spec.securityContext.runAsUser),
    );
    const { pid } = JSON.parse(/^.*Rockets is listening.*$/m.exec(await logged(service))![0]) as {
      pid: number;
    };
    const ask = (path: string): Promise<number> =>
      fetch(`http://127.0.0.1:${adminPort}${path}`).then(({ status }) => status);
    const probes = [container.startupProbe, container.livenessProbe, container.readinessProbe];
    expect(probes.map(({ httpGet }) => httpGet.port)).toEqual(['admin', 'admin', 'admin']);
    const paths = probes.map(({ httpGet }) => httpGet.path);
    expect(await Promise.all(paths.map(ask))).toEqual([200, 200, 200]);
    // Without a key nobody is told more.
    expect((await fetch(`${service.url}/rockets`)).status).toBe(401);

    process.kill(pid, 'SIGTERM');
    while ((await ask(container.readinessProbe.httpGet.path)) === 200) continue;
    expect(await Promise.all(paths.map(ask))).toEqual([200, 200, 503]);
    expect((await fetch(`${service.url}/rockets`)).status).toBe(401);
    expect(await service.end('SIGCONT')).toBe(0);
  });
});

/** No root, no capability, and nothing that can be written to. */
const asPod = (user: number): string[] => {
  const alone = [
    '--ro-bind',
    '/',
    '/',
    '--dev',
    '/dev',
    '--proc',
    '/proc',
    '--die-with-parent',
    '--cap-drop',
    'ALL',
  ];
  if (process.getuid?.() !== 0) return [programOf('bwrap', 'bubblewrap'), ...alone];
  const toBecome = ['CAP_SETUID', 'CAP_SETGID', 'CAP_SETPCAP'].flatMap((name) => ['--cap-add', name]);
  const ids = [`--reuid=${user}`, `--regid=${user}`, '--clear-groups'];
  const none = ['--inh-caps=-all', '--bounding-set=-all', '--no-new-privs'];
  return [programOf('bwrap', 'bubblewrap'), ...alone, ...toBecome, 'setpriv', ...ids, ...none];
};

const logged = async ({ log }: { log: () => string }): Promise<string> => {
  while (!log().includes('Rockets is listening')) await new Promise((resolve) => setTimeout(resolve, 20));
  return log();
};
