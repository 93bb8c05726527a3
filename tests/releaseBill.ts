// A software bill of materials in CycloneDX 1.5, judged by the rules of its schema that ours can break.
import assert from "node:assert/strict";

interface Component {
  readonly "bom-ref": string;
  readonly type: string;
  readonly name: string;
  readonly version: string;
  readonly purl?: string;
  readonly hashes?: readonly { readonly alg: string; readonly content: string }[];
  readonly licenses?: readonly {
    readonly license?: { readonly id?: string; readonly name?: string };
    expression?: string;
  }[];
}

interface Bill {
  readonly bomFormat: string;
  readonly specVersion: string;
  readonly serialNumber: string;
  readonly version: number;
  readonly metadata: { readonly component: Component };
  readonly components: readonly Component[];
  readonly dependencies: readonly { readonly ref: string; readonly dependsOn: readonly string[] }[];
}

const SERIAL = /^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** The libraries that it names, such as `openpgp@6.3.2`: each with its licence and the hash of the file that npm installs. */
export function billOf(text: string): string[] {
  const bill = JSON.parse(text) as Bill;
  assert.deepEqual([bill.bomFormat, bill.specVersion, bill.version], ["CycloneDX", "1.5", 1]);
  assert.match(bill.serialNumber, SERIAL);
  for (const { name, version, type, purl, hashes = [], licenses = [] } of bill.components) {
    assert.equal(type, "library");
    assert.equal(purl, `pkg:npm/${name.replace("@", "%40")}@${version}`);
    assert.deepEqual([hashes.length, hashes[0]?.alg], [1, "SHA-512"], name);
    assert.match(hashes[0]?.content ?? "", /^[0-9a-f]{128}$/);
    assert.ok(licenses.length > 0, name);
  }
  const references = [bill.metadata.component, ...bill.components].map((component) => component["bom-ref"]);
  assert.equal(new Set(references).size, references.length);
  assert.deepEqual(bill.dependencies.map(({ ref }) => ref).sort(), references.sort());
  for (const { dependsOn } of bill.dependencies)
    for (const other of dependsOn) assert.ok(references.includes(other), other);
  return bill.components.map(({ name, version }) => `${name}@${version}`);
}
