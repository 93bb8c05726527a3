// One comment of a pull request, or one issue, for each stack, on GitHub: written, and later brought up to date.
//   node ci/github.mjs comment FILE        PULL_REQUEST says on which
//   node ci/github.mjs issue open FILE     opens it, or updates the one that is open, and says so where the text is another
//   node ci/github.mjs issue closed FILE   closes it, with the text, if one is open
//   node ci/github.mjs newest              fails where the branch is at another commit than this run
import { Rest, run, setting } from "./rest.mjs";
import { CHANGED, isSame, textOf } from "./text.mjs";

/** Characters that GitHub takes. */
const LIMIT = 65536;
/** Who the job's token is. Anybody may write our mark into a comment of their own. */
const US = "github-actions[bot]";

const stack = setting("STACK");
const repository = `/repos/${setting("GITHUB_REPOSITORY")}`;
const github = new Rest(setting("GITHUB_API_URL"), {
  Accept: "application/vnd.github+json",
  Authorization: `Bearer ${setting("GITHUB_TOKEN")}`,
  "X-GitHub-Api-Version": "2022-11-28",
});

const [what, ...args] = process.argv.slice(2);
const commands = { comment, issue, newest };
await run(() => commands[what](...args));

async function comment(file) {
  const mark = `<!-- mail-keys review ${stack} -->`;
  const body = textOf(file, mark, LIMIT);
  const comments = `${repository}/issues/${setting("PULL_REQUEST")}/comments`;
  const ours = await github.find(comments, isOurs(mark));
  if (ours) await github.ask("PATCH", `${repository}/issues/comments/${ours.id}`, { body });
  else await github.ask("POST", comments, { body });
  return ours ? `Comment ${ours.id} is up to date.` : "There is a comment now.";
}

async function issue(state, file) {
  const mark = `<!-- mail-keys drift ${stack} -->`;
  const body = textOf(file, mark, LIMIT);
  const ours = await github.find(`${repository}/issues?state=open`, isOurs(mark));
  // an edit notifies nobody; a comment does, and so does a change of its state
  if (ours && state === "open" && !isSame(ours.body, body))
    await github.ask("POST", `${repository}/issues/${ours.number}/comments`, { body: CHANGED });
  if (ours) await github.ask("PATCH", `${repository}/issues/${ours.number}`, { body, state });
  else if (state === "open") await github.ask("POST", `${repository}/issues`, { title: title(), body });
  else return "In sync, and no issue is open.";
  return ours ? `Issue ${ours.number} is ${state}.` : "There is an issue now.";
}

async function newest() {
  const [branch, commit] = [setting("GITHUB_REF_NAME"), setting("GITHUB_SHA")];
  const { object } = await github.ask("GET", `${repository}/git/ref/heads/${branch}`);
  if (object.sha === commit) return `${commit} is the newest of ${branch}.`;
  const step = `start apply by hand from ${branch}`;
  throw new Error(`${branch} has moved on, from ${commit} to ${object.sha}: ${step}. Nothing was applied.`);
}

function title() {
  return `Mail keys of ${stack}: Gmail and Git differ, or a certificate is due`;
}

// a list of issues holds pull requests too
function isOurs(mark) {
  return ({ user, body, pull_request: pullRequest }) =>
    user?.login === US && body?.startsWith(mark) === true && pullRequest === undefined;
}
