// GET /$discovery/rest?version=v1: the discovery document of the Gmail methods that the emulator serves.
import { json, type Answer } from "../answer";
import type { Context } from "../request";
import { sendAsReadScopes, smimeReadScopes, smimeWriteScopes } from "../scopes";

const SEND_AS = "gmail/v1/users/{userId}/settings/sendAs";
const SMIME_INFO = `${SEND_AS}/{sendAsEmail}/smimeInfo`;
const string = { type: "string" };

export function discovery(context: Context): Answer {
  const scopes = [...new Set([...smimeReadScopes, ...smimeWriteScopes])];
  return json(200, {
    kind: "discovery#restDescription",
    discoveryVersion: "v1",
    id: "gmail:v1",
    name: "gmail",
    version: "v1",
    title: "Gmail API",
    protocol: "rest",
    rootUrl: `${context.origin}/`,
    servicePath: "",
    baseUrl: `${context.origin}/`,
    batchPath: "batch",
    parameters: {},
    auth: { oauth2: { scopes: Object.fromEntries(scopes.map((scope) => [scope, { description: scope }])) } },
    schemas,
    resources: { users: { resources: { settings: { resources: { sendAs: sendAsMethods() } } } } },
  });
}

function sendAsMethods() {
  return {
    methods: {
      get: method("sendAs.get", "GET", `${SEND_AS}/{sendAsEmail}`, sendAsReadScopes, { response: "SendAs" }),
      list: method("sendAs.list", "GET", SEND_AS, sendAsReadScopes, { response: "ListSendAsResponse" }),
    },
    resources: {
      smimeInfo: {
        methods: {
          delete: method("sendAs.smimeInfo.delete", "DELETE", `${SMIME_INFO}/{id}`, smimeWriteScopes),
          get: method("sendAs.smimeInfo.get", "GET", `${SMIME_INFO}/{id}`, smimeReadScopes, { response: "SmimeInfo" }),
          insert: method("sendAs.smimeInfo.insert", "POST", SMIME_INFO, smimeWriteScopes, {
            request: "SmimeInfo",
            response: "SmimeInfo",
          }),
          list: method("sendAs.smimeInfo.list", "GET", SMIME_INFO, smimeReadScopes, {
            response: "ListSmimeInfoResponse",
          }),
          setDefault: method("sendAs.smimeInfo.setDefault", "POST", `${SMIME_INFO}/{id}/setDefault`, smimeWriteScopes),
        },
      },
    },
  };
}

function method(
  name: string,
  httpMethod: string,
  path: string,
  scopes: readonly string[],
  schemaNames: { request?: string; response?: string } = {},
) {
  const names = [...path.matchAll(/\{(\w+)\}/g)].map((match) => match[1] ?? "");
  const parameters = names.map((each) => [each, { ...string, location: "path", required: true }] as const);
  const { request, response } = schemaNames;
  return {
    id: `gmail.users.settings.${name}`,
    httpMethod,
    path,
    flatPath: path,
    parameterOrder: names,
    parameters: Object.fromEntries(parameters),
    scopes,
    ...(request === undefined ? {} : { request: { $ref: request } }),
    ...(response === undefined ? {} : { response: { $ref: response } }),
  };
}

const schemas = {
  SmimeInfo: {
    id: "SmimeInfo",
    type: "object",
    properties: {
      id: string,
      issuerCn: string,
      isDefault: { type: "boolean" },
      expiration: { type: "string", format: "int64" },
      encryptedKeyPassword: string,
      pem: string,
      pkcs12: { type: "string", format: "byte" },
    },
  },
  ListSmimeInfoResponse: {
    id: "ListSmimeInfoResponse",
    type: "object",
    properties: { smimeInfo: { type: "array", items: { $ref: "SmimeInfo" } } },
  },
  SendAs: {
    id: "SendAs",
    type: "object",
    properties: {
      sendAsEmail: string,
      displayName: string,
      replyToAddress: string,
      signature: string,
      isPrimary: { type: "boolean" },
      isDefault: { type: "boolean" },
      treatAsAlias: { type: "boolean" },
      verificationStatus: string,
    },
  },
  ListSendAsResponse: {
    id: "ListSendAsResponse",
    type: "object",
    properties: { sendAs: { type: "array", items: { $ref: "SendAs" } } },
  },
};
