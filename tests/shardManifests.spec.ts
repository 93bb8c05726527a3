/** examples/shards as Stack objects of the Pulumi Kubernetes Operator: what a cluster would be told, without a cluster. */
import assert from "node:assert/strict";
import { parse, parseAllDocuments } from "yaml";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { manifests } from "../examples/shards/manifests";
import { ROOT } from "./markdown";

interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace: string };
  readonly spec: Record<string, unknown> & {
    readonly stack: string;
    readonly config: Record<string, string>;
    readonly envRefs: Record<string, { type: string; secret: { name: string; key: string } }>;
    readonly workspaceTemplate: { readonly spec: Record<string, unknown> };
  };
}

/** Read in the operator's own definitions of 2.9.0 (deploy/crds/pulumi.com_stacks.yaml), by which all of them are well-formed. */
const SPEC = ["stack", "projectRepo", "branch", "repoDir", "shallow", "serviceAccountName", "envRefs", "config"];
const LIFE = ["retryOnUpdateConflict", "continueResyncOnCommitMatch", "resyncFrequencySeconds", "destroyOnFinalize"];

describe("the shards' manifests", () => {
  const place = {
    shards: 12,
    namespace: 'mail: "keys"',
    organization: "acme",
    repository: "https://git.example.com/keys#1",
    branch: "main",
    folder: "shards",
  };
  const all = parseAllDocuments(manifests(place)).map((document) => document.toJS() as Manifest);

  it("are a Stack for every shard, once each, with names that Kubernetes takes", () => {
    assert.deepEqual(
      all.map(({ spec }) => [spec.config[of("shard")], spec.config[of("of")], spec.stack]),
      Array.from({ length: 12 }, (_, index) => [
        String(index + 1),
        "12",
        `acme/google-workspace-mail-shards/shard-${String(index + 1)}`,
      ]),
    );
    for (const { apiVersion, kind, metadata } of all) {
      assert.deepEqual([apiVersion, kind, metadata.namespace], ["pulumi.com/v1", "Stack", place.namespace]);
      assert.match(metadata.name, /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/);
    }
    assert.equal(new Set(all.map(({ metadata }) => metadata.name)).size, 12);
  });

  it("have only fields that the operator knows, and settings that the program reads", () => {
    const project = parse(readFileSync(join(ROOT, "examples/shards/Pulumi.yaml"), "utf8")) as {
      name: string;
      config: Record<string, unknown>;
    };
    for (const { spec } of all) {
      assert.deepEqual(Object.keys(spec).sort(), [...SPEC, ...LIFE, "workspaceTemplate"].sort());
      assert.deepEqual(Object.keys(spec.workspaceTemplate.spec), ["resources", "podTemplate"]);
      const keys = Object.keys(spec.config).map((key) => key.split(":"));
      const ours = keys.filter(([namespace]) => namespace === project.name).map(([, key = ""]) => key);
      assert.deepEqual(ours, ["csv", "shard", "of"]);
      for (const key of ours) assert.ok(key in project.config);
      assert.deepEqual(
        keys.filter(([namespace]) => namespace !== project.name),
        [["google-workspace-mail", "unitsPerMinute"]],
      );
    }
  });

  it("name secrets and hold none, delete nothing with a Stack, and share the project's quota", () => {
    for (const { spec } of all) {
      for (const { type, secret } of Object.values(spec.envRefs)) {
        assert.equal(type, "Secret");
        assert.deepEqual(Object.keys(secret), ["name", "key"]);
      }
      assert.equal(spec["destroyOnFinalize"], false);
      assert.equal(spec.config["google-workspace-mail:unitsPerMinute"], "100000");
    }
  });
});

const of = (key: string): string => `google-workspace-mail-shards:${key}`;
