// One note of a merge request, or one issue, for each stack, on GitLab: written, and later brought up to date.
//   node ci/gitlab.mjs comment FILE
//   node ci/gitlab.mjs issue open FILE     opens it, or updates the one that is open, and says so where the text is another
//   node ci/gitlab.mjs issue closed FILE   closes it, with the text, if one is open
// A job's own token may do neither, so GITLAB_TOKEN is a project access token: see README.md.
import { Rest, run, setting } from "./rest.mjs";
import { CHANGED, isSame, textOf } from "./text.mjs";

/** Characters that GitLab takes are more; a longer text than this is read by nobody. */
const LIMIT = 65536;

const stack = setting("STACK");
const project = `/projects/${setting("CI_PROJECT_ID")}`;
const gitlab = new Rest(setting("CI_API_V4_URL"), { "PRIVATE-TOKEN": setting("GITLAB_TOKEN") });

const [what, ...args] = process.argv.slice(2);
await run(() => (what === "comment" ? comment(...args) : issue(...args)));

async function comment(file) {
  const mark = `<!-- mail-keys review ${stack} -->`;
  const body = textOf(file, mark, LIMIT);
  const notes = `${project}/merge_requests/${setting("CI_MERGE_REQUEST_IID")}/notes`;
  const us = await gitlab.ask("GET", "/user");
  const ours = await gitlab.find(notes, ({ author, body: text }) => author.id === us.id && text.startsWith(mark));
  if (ours) await gitlab.ask("PUT", `${notes}/${ours.id}`, { body });
  else await gitlab.ask("POST", notes, { body });
  return ours ? `Note ${ours.id} is up to date.` : "There is a note now.";
}

async function issue(state, file) {
  const mark = `<!-- mail-keys drift ${stack} -->`;
  const description = textOf(file, mark, LIMIT);
  const issues = `${project}/issues`;
  const us = await gitlab.ask("GET", "/user");
  const isOurs = ({ author, description: text }) => author.id === us.id && text?.startsWith(mark) === true;
  const ours = await gitlab.find(`${issues}?state=opened`, isOurs);
  const change = { description, ...(state === "closed" && { state_event: "close" }) };
  // an edit notifies nobody; a note does, and so does a change of its state
  if (ours && state === "open" && !isSame(ours.description, description))
    await gitlab.ask("POST", `${issues}/${ours.iid}/notes`, { body: CHANGED });
  if (ours) await gitlab.ask("PUT", `${issues}/${ours.iid}`, change);
  else if (state === "open") await gitlab.ask("POST", issues, { title: title(), description });
  else return "In sync, and no issue is open.";
  return ours ? `Issue ${ours.iid} is ${state}.` : "There is an issue now.";
}

function title() {
  return `Mail keys of ${stack}: Gmail and Git differ, or a certificate is due`;
}
