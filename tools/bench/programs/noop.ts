// The same resources as in ours.ts, with the same inputs, files and secrets, whose provider does nothing: what Pulumi
// itself costs. Like ours, the provider is a constant text that names a module, so no code is serialised.
import { readFileSync } from "node:fs";
import * as pulumi from "@pulumi/pulumi";

const provider = `exports.handler=()=>require(process.cwd()+"/noopProvider.cjs")`;

class Noop extends pulumi.CustomResource {
  constructor(type: string, name: string, args: object) {
    super(`pulumi-nodejs:dynamic/bench:${type}`, name, { __provider: provider, ...args });
  }
}

let left = Number(process.env["BENCH_RESOURCES"]);
for (const row of readFileSync("rows.csv", "utf8").trim().split("\n")) {
  const [userId = "", path = "", password = ""] = row.split(",");
  const pkcs12 = pulumi.secret(new pulumi.asset.FileAsset(path));
  const certificate = new Noop("Certificate", userId, { userId, pkcs12, password: pulumi.secret(password) });
  if ((left -= 2) < 0) break;
  new Noop("Default", `${userId} signs`, { userId, certificateId: certificate.id });
}
