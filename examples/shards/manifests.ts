// The same shards for the Pulumi Kubernetes Operator (2.x), as YAML on stdout: a Stack each, which the operator's own
// workspaces run. Secrets are named, never written. `npm run manifests -- --shards 10 > shards.yaml`
import { parseArgs } from "node:util";

const PROJECT = "google-workspace-mail-shards";
/** Of Gmail, for a whole Cloud project (units a minute): each shard keeps to its part. */
const QUOTA = 1_200_000;

interface Place {
  readonly shards: number;
  readonly namespace: string;
  /** Of your Pulumi organization; a backend of your own takes `organization`. */
  readonly organization: string;
  /** Where this project is: your repository, a branch and a folder of it. */
  readonly repository: string;
  readonly branch: string;
  readonly folder: string;
}

export function manifests(place: Place): string {
  return Array.from({ length: place.shards }, (_, index) => manifest(place, index + 1)).join("---\n");
}

/** JSON is YAML: what varies is quoted so. */
const text = (value: string | number): string => JSON.stringify(String(value));

function manifest({ shards, namespace, organization, repository, branch, folder }: Place, shard: number): string {
  return `apiVersion: pulumi.com/v1
kind: Stack
metadata:
  name: mail-keys-shard-${String(shard)}
  namespace: ${text(namespace)}
  labels:
    app.kubernetes.io/name: mail-keys
spec:
  stack: ${text(`${organization}/${PROJECT}/shard-${String(shard)}`)}
  projectRepo: ${text(repository)}
  branch: ${text(branch)}
  repoDir: ${text(folder)}
  shallow: true
  # a service account of the cluster that may sign as the delegated one
  serviceAccountName: mail-keys
  envRefs:
    PULUMI_ACCESS_TOKEN:
      type: Secret
      secret: { name: mail-keys, key: pulumi-access-token }
    # what the CSV calls env:KEYS_PASSWORD
    KEYS_PASSWORD:
      type: Secret
      secret: { name: mail-keys, key: keys-password }
  config:
    ${PROJECT}:csv: /keys/mailboxes.csv
    ${PROJECT}:shard: ${text(shard)}
    ${PROJECT}:of: ${text(shards)}
    google-workspace-mail:unitsPerMinute: ${text(Math.floor(QUOTA / shards))}
  # waits for another update of the stack; one that was killed costs nothing, for the next one adopts what it uploaded
  retryOnUpdateConflict: true
  # the default certificate is decided by the clock, so every shard is looked at once a day
  continueResyncOnCommitMatch: true
  resyncFrequencySeconds: 86400
  # a Stack object that goes must not take the keys of Gmail with it
  destroyOnFinalize: false
  workspaceTemplate:
    spec:
      resources:
        requests: { cpu: 500m, memory: 1Gi }
        limits: { memory: 2Gi }
      podTemplate:
        spec:
          containers:
            - name: pulumi
              volumeMounts:
                - { name: keys, mountPath: /keys, readOnly: true }
          volumes:
            # the CSV and the key files: 10,000 files do not fit a Secret
            - name: keys
              persistentVolumeClaim: { claimName: mail-keys, readOnly: true }
`;
}

function main(): void {
  const preset = (value: string) => ({ type: "string", default: value }) as const;
  const { values } = parseArgs({
    options: {
      shards: preset(""),
      namespace: preset("default"),
      organization: preset("organization"),
      repository: preset("https://git.example.com/platform/mail-keys"),
      branch: preset("main"),
      folder: preset("."),
    },
  });
  const shards = Number(values.shards);
  if (!/^[1-9]\d{0,3}$/.test(values.shards)) throw new Error("--shards takes a whole number from 1 to 9999.");
  process.stdout.write(manifests({ ...values, shards }));
}

if (require.main === module) main();
