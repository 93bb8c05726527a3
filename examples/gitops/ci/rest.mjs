// A REST interface: JSON both ways, an error for every refusal, and lists page by page.

export class Rest {
  #url;
  #headers;

  /** `headers` carry the token; nothing that is printed does. */
  constructor(url, headers) {
    this.#url = url;
    this.#headers = headers;
  }

  async ask(method, path, body) {
    const response = await fetch(`${this.#url}${path}`, {
      method,
      headers: { ...this.#headers, "Content-Type": "application/json" },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${(await response.text()).slice(0, 300)}`);
    return response.json();
  }

  /** The first of a list that `fits`; undefined where none does. */
  async find(path, fits) {
    for (let page = 1; ; page += 1) {
      const found = await this.ask("GET", `${path}${path.includes("?") ? "&" : "?"}per_page=100&page=${page}`);
      const first = found.find(fits);
      if (first !== undefined || found.length < 100) return first;
    }
  }
}

/** Of the environment; without it the job ends here. */
export function setting(name) {
  const value = process.env[name];
  if (value) return value;
  console.error(`${name} is not set.`);
  return process.exit(1);
}

/** What a job's last line should be: the reason, and no stack. */
export async function run(work) {
  try {
    console.log(await work());
  } catch (error) {
    console.error(error.message);
    process.exitCode = 1;
  }
}
