#!/usr/bin/env node
/** The published command `pulumi-google-workspace-mail`, in this process. */
import { machine } from "../provider/machine";
import { Console } from "./console";
import { main } from "./main";

const console = new Console(process.stdout, process.stderr, process.env);
void main(process.argv.slice(2), { console, stdin: process.stdin, machine }).then((code) => {
  process.exitCode = code;
});
