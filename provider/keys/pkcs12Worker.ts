// The main of a thread that opens PKCS#12 files for pkcs12Threads.ts: one message in, one out.
import { parentPort } from "node:worker_threads";
import { openPkcs12, type Pkcs12File } from "./pkcs12File";

const port = parentPort;
port?.on("message", (file: Pkcs12File) => port.postMessage(openPkcs12(file)));
port?.postMessage("ready");
