// Puts the private key of every certificate of a domain where the program looks for it, out of Google Secret Manager. A
// secret is named by the SHA-256 of its certificate (smime-…), so that no key can be taken for another's.
//   node ci/fetch-keys.mjs DOMAIN   KEYS_PROJECT says whose secrets; the credential is the environment's
import { X509Certificate } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { GoogleAuth } from "google-auth-library";
import { run, setting } from "./rest.mjs";

const { SECRET_MANAGER_URL: url = "https://secretmanager.googleapis.com" } = process.env;
const project = setting("KEYS_PROJECT");
const [domain = ""] = process.argv.slice(2);

await run(async () => {
  if (domain === "") throw new Error("Say whose keys: node ci/fetch-keys.mjs DOMAIN");
  const scopes = "https://www.googleapis.com/auth/cloud-platform";
  const client = await new GoogleAuth({ scopes, projectId: project }).getClient();
  const wanted = certificatesOf(path.join("certificates", domain)).filter(({ key }) => !existsSync(key));
  for (const { file, key } of wanted) {
    const { fingerprint256 } = new X509Certificate(readFileSync(file));
    const secret = `smime-${fingerprint256.replaceAll(":", "").toLowerCase()}`;
    mkdirSync(path.dirname(key), { recursive: true, mode: 0o700 });
    writeFileSync(key, await read(client, secret, file), { mode: 0o600 });
  }
  return `${wanted.length} private keys of ${domain} are here now.`;
});

function certificatesOf(folder) {
  const files = readdirSync(folder, { recursive: true }).filter((name) => name.endsWith(".pem"));
  return files.map((name) => ({
    file: path.join(folder, name),
    key: path.join("keys", domain, `${name.slice(0, -".pem".length)}.key`),
  }));
}

/** An error of the client carries the request, and so the token: only its status is told. */
async function read(client, secret, file) {
  const name = `projects/${project}/secrets/${secret}`;
  try {
    const { data } = await client.request({ url: `${url}/v1/${name}/versions/latest:access` });
    return Buffer.from(data.payload.data, "base64");
  } catch (error) {
    const status = error.response?.status ?? error.code ?? "no answer";
    throw new Error(`The private key of ${file} cannot be read: ${name} (${status}).`);
  }
}
