/** The Gmail client on the wire: where its requests go, and what it takes for a success. */
import assert from "node:assert/strict";
import { GoogleError } from "../provider/google/googleError";
import { servicesOf } from "./asking";
import { ALICE, seed, World } from "./world";

describe("the Gmail client", () => {
  let world: World;
  const address = { userId: ALICE, sendAsEmail: ALICE };
  before(async () => {
    world = await World.start();
  });
  after(() => world.emulator.stop());
  beforeEach(() => world.emulator.seed(seed()));

  it("sends nothing for an id of dots: a URL takes those for a way up, and the address itself would be deleted", async () => {
    const { sendAs } = servicesOf(world);
    for (const id of ["", ".", ".."]) {
      const doing = [
        () => sendAs.get(address, id),
        () => sendAs.setDefault(address, id),
        () => sendAs.delete(address, id, () => undefined),
        () => sendAs.list({ userId: ALICE, sendAsEmail: id }),
        () => sendAs.addresses(id),
      ];
      for (const work of doing) await assert.rejects(work, /Gmail has nothing of the name "\.*"\. Nothing was sent/);
    }
    assert.deepEqual(world.emulator.requests(), []);
  });

  it("takes a page of any type for no answer, not for a default that was set", async () => {
    const headers = { "Content-Type": "application/octet-stream" };
    world.emulator.fault({
      match: { method: "POST", path: "setDefault$" },
      times: 8,
      status: 200,
      headers,
      body: "<html>",
    });
    const setting = servicesOf(world).sendAs.setDefault(address, "ANe1Bm");
    await assert.rejects(setting, (error: unknown) => error instanceof GoogleError && error.outcome === "ambiguous");
  });
});
