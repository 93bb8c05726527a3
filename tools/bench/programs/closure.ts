// The same certificates by a dynamic provider as Pulumi's documentation shows them: an object with the verbs, whose code
// Pulumi serialises into the state of every resource. It does the least that works: a token, the upload, the delete.
import * as crypto from "node:crypto";
import * as fs from "node:fs";
import * as pulumi from "@pulumi/pulumi";

interface Inputs {
  userId: string;
  pkcs12: pulumi.asset.FileAsset;
  password: string;
}

interface Key {
  client_email: string;
  private_key: string;
  token_uri: string;
}

const keyFile = process.env["GOOGLE_APPLICATION_CREDENTIALS"] ?? "";
const endpoint = process.env["GOOGLE_WORKSPACE_MAIL_ENDPOINT"] ?? "";
const rowsFile = fs.readFileSync("rows.csv", "utf8");

async function getToken(userId: string): Promise<string> {
  const key = JSON.parse(fs.readFileSync(keyFile, "utf8")) as Key;
  const iat = Math.floor(Date.now() / 1000);
  const scope = "https://www.googleapis.com/auth/gmail.settings.basic";
  const claims = { iss: key.client_email, sub: userId, aud: key.token_uri, scope, iat, exp: iat + 3600 };
  const signed = [{ alg: "RS256", typ: "JWT" }, claims]
    .map((part) => Buffer.from(JSON.stringify(part)).toString("base64url"))
    .join(".");
  const signature = crypto.createSign("RSA-SHA256").update(signed).sign(key.private_key, "base64url");
  const body = new URLSearchParams();
  body.set("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer");
  body.set("assertion", `${signed}.${signature}`);
  const response = await fetch(key.token_uri, { method: "POST", body });
  return ((await response.json()) as { access_token: string }).access_token;
}

async function call(userId: string, method: string, path: string, body?: object): Promise<Record<string, string>> {
  const url = `${endpoint}/gmail/v1/users/me/settings/sendAs/${encodeURIComponent(userId)}/smimeInfo${path}`;
  const headers = { authorization: `Bearer ${await getToken(userId)}`, "content-type": "application/json" };
  const response = await fetch(
    url,
    body === undefined ? { method, headers } : { method, headers, body: JSON.stringify(body) },
  );
  if (!response.ok) throw new Error(`Gmail answered ${String(response.status)}`);
  return response.status === 204 ? {} : ((await response.json()) as Record<string, string>);
}

const provider: pulumi.dynamic.ResourceProvider<Inputs> = {
  async create(inputs) {
    const { userId, pkcs12, password } = inputs;
    const path = await pkcs12.path;
    const file = fs.readFileSync(path).toString("base64url");
    const info = await call(userId, "POST", "", { pkcs12: file, encryptedKeyPassword: password });
    return { id: info["id"] ?? "", outs: { ...inputs, ...info } };
  },
  async read(id, props) {
    const info = await call((props as Inputs).userId, "GET", `/${id}`);
    return { id, props: { ...(props as Inputs), ...info } };
  },
  async diff(_id, olds: Inputs, news) {
    const replaces = olds.userId === news.userId ? [] : ["userId"];
    return { changes: replaces.length > 0, replaces };
  },
  async delete(id, props) {
    await call((props as Inputs).userId, "DELETE", `/${id}`);
  },
};

class Certificate extends pulumi.dynamic.Resource {
  constructor(name: string, args: pulumi.Inputs) {
    super(provider, name, { id: undefined, expiration: undefined, issuerCn: undefined, pem: undefined, ...args });
  }
}

for (const row of rowsFile.trim().split("\n")) {
  const [userId = "", path = "", password = ""] = row.split(",");
  new Certificate(userId, { userId, pkcs12: new pulumi.asset.FileAsset(path), password: pulumi.secret(password) });
}
