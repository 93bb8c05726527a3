// For every row of the CSV a certificate and the default of its address, until there are as many resources as asked for.
import { readFileSync } from "node:fs";
import * as pulumi from "@pulumi/pulumi";
import { DefaultSmimeCertificate, SmimeCertificate } from "pulumi-google-workspace-mail";

let left = Number(process.env["BENCH_RESOURCES"]);
for (const row of readFileSync("rows.csv", "utf8").trim().split("\n")) {
  const [userId = "", path = "", password = ""] = row.split(",");
  const pkcs12 = new pulumi.asset.FileAsset(path);
  const certificate = new SmimeCertificate(userId, { userId, pkcs12, password });
  if ((left -= 2) < 0) break;
  new DefaultSmimeCertificate(`${userId} signs`, { userId, certificateId: certificate.id });
}
