// The /_emulator endpoints: not Google's, and so never delayed, faulted or logged.
import { json, noContent, type Answer } from "../answer";
import { NotThere, type Control } from "../control";
import { parseJson, readObject, ShapeError } from "../json";
import type { EmulatorRequest } from "../request";

export async function controlRoute(request: EmulatorRequest, control: Control): Promise<Answer> {
  try {
    return await act(request, control);
  } catch (error) {
    // These messages are our own, and name no value.
    if (error instanceof NotThere) return json(404, { error: { code: 404, message: `no such ${error.message}` } });
    if (error instanceof ShapeError) return json(400, { error: { code: 400, message: error.message } });
    throw error;
  }
}

async function act(request: EmulatorRequest, control: Control): Promise<Answer> {
  const [, noun, ...rest] = request.segments;
  switch (`${request.method} ${noun ?? ""}`) {
    case "GET state":
      return json(200, control.state());
    case "PUT state":
      control.seed(readBody(request));
      return noContent;
    case "GET requests":
      return json(200, control.requests());
    case "DELETE requests":
      control.clearRequests();
      return noContent;
    case "POST faults":
      control.fault(readBody(request));
      return noContent;
    case "DELETE faults":
      control.clearFaults();
      return noContent;
    case "POST clock":
      control.setClock(readObject(readBody(request), "clock", ["now"])["now"]);
      return noContent;
    case "POST certificates":
      return rest.length === 0
        ? json(200, await control.addCertificate(readBody(request)))
        : makeDefault(rest, control);
    case "DELETE certificates":
      return remove(rest, control);
    default:
      throw new NotThere("endpoint");
  }
}

function readBody(request: EmulatorRequest): unknown {
  return parseJson(request.body.toString("utf8"), "the body");
}

function makeDefault([user, sendAs, id, action, more]: string[], control: Control): Answer {
  if (user === undefined || sendAs === undefined || id === undefined || action !== "default" || more !== undefined) {
    throw new NotThere("endpoint");
  }
  control.setDefault(user, sendAs, id);
  return noContent;
}

function remove([user, sendAs, id, more]: string[], control: Control): Answer {
  if (user === undefined || sendAs === undefined || id === undefined || more !== undefined)
    throw new NotThere("endpoint");
  control.deleteCertificate(user, sendAs, id);
  return noContent;
}
