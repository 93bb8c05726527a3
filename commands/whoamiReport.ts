/** The report of `whoami` for people: the credential once, then each mailbox and the domain with what is missing. */
import type { Console } from "./console";
import type { Answer, Identity } from "./whoami";

type Style = Parameters<Console["paint"]>[0];
type Finding = Identity["findings"][number];

const KINDS: Record<Identity["kind"], string> = {
  serviceAccountKey: "a service account's key, with domain-wide delegation",
  keyless: "a service account without a key: IAM signs for it",
  authorizedUser: "a user's consent",
  accessToken: "a ready access token",
  none: "none",
};

const CALLERS: Record<NonNullable<Identity["caller"]>, string> = {
  serviceAccountKey: "another service account's key",
  authorizedUser: "a user's consent",
  accessToken: "a ready access token",
  federated: "workload identity federation",
  metadataServer: "the account of this machine",
};

/** `usable` is undefined where nothing was tried. */
export function writeReport(answers: readonly Answer[], usable: boolean | undefined, console: Console): void {
  const [first] = answers;
  if (!first) return;
  // what is wrong with the credential is wrong for all
  const isGeneral = ({ reason }: Finding) =>
    answers.length > 1 &&
    answers.every(({ identity }) => identity.findings.some((finding) => finding.reason === reason));
  const general = first.identity.findings.filter(isGeneral).map((finding) => findingLine(finding, console));
  const parts = answers.map((answer) => answerLines(answer, isGeneral, console));
  const blocks = [credentialLines(first.identity), general, ...parts, [verdictLine(answers, usable, console)]];
  const written = blocks.filter((lines) => lines.length > 0).map((lines) => lines.join("\n"));
  console.result(`${written.join("\n\n")}\n`);
}

function verdictLine(answers: readonly Answer[], usable: boolean | undefined, console: Console): string {
  if (usable === true) return mark("green", "✔", "usable", console);
  if (usable === undefined) return mark("yellow", "?", `nothing was tried: ${tryThis(answers)}`, console);
  const errors = answers.flatMap(({ identity }) => identity.findings).filter(({ severity }) => severity === "error");
  const missing = new Set(errors.map(({ reason }) => reason)).size;
  return mark("red", "✘", `not usable: ${missing === 1 ? "one thing is" : `${missing} things are`} missing`, console);
}

const tryThis = (answers: readonly Answer[]): string =>
  answers.some(({ asked }) => asked.domain !== undefined)
    ? "a ready access token can be tried on a --user only"
    : "name a --user or a --domain";

function credentialLines({ kind, source, caller, callerSource, ...facts }: Identity): string[] {
  const rows: [string, string | undefined][] = [
    ["credential", KINDS[kind]],
    ["from", source],
    ["account", facts.serviceAccount],
    ["client ID", facts.clientId],
    ["signed for by", caller && `${CALLERS[caller]} (${callerSource ?? ""})`],
    ["administrator", facts.adminEmail],
    ["Gmail API", facts.endpoint],
  ];
  return rows.flatMap(([name, value]) => (value === undefined ? [] : [`${name.padEnd(15)}${value}`]));
}

/** Empty where there is nothing to say but what is said of all. */
function answerLines(
  { asked, identity }: Answer,
  isGeneral: (finding: Finding) => boolean,
  console: Console,
): string[] {
  const { userId, sendAsEmail, domain } = asked;
  const about = [sendAsEmail, userId ?? domain].filter((name) => name !== undefined).join(" of ");
  const whose = userId === "me" && identity.subject !== undefined ? ` (${identity.subject})` : "";
  const below = [
    ...identity.scopes.map((scope) => scopeLine(scope, console)),
    ...identity.findings.filter((finding) => !isGeneral(finding)).map((finding) => findingLine(finding, console)),
  ];
  return about === "" || below.length === 0 ? below : [`${about}${whose}`, ...below.map((line) => `  ${line}`)];
}

function scopeLine({ scope, purpose, granted }: Identity["scopes"][number], console: Console): string {
  const text = `${scope}: ${purpose}`;
  if (granted === undefined) return mark("yellow", "?", text, console);
  return granted ? mark("green", "✔", text, console) : mark("red", "✘", text, console);
}

const findingLine = ({ severity, reason }: Finding, console: Console): string =>
  severity === "error" ? mark("red", "✘", reason, console) : mark("yellow", "!", reason, console);

const mark = (style: Style, sign: string, text: string, console: Console): string =>
  `${console.paint(style, sign, "out")} ${text}`;
