"""Runs Pulumi programs without an engine, each by itself, and prints what each registers and asks: one line of JSON a program.

    python python_examples.py PROGRAM.py ...
"""

import json
import runpy
import sys

import pulumi

PROJECT = "examples"

# What the programs read of each function's answer.
ANSWERS = {
    "getSmimeCertificates": {"certificates": [{"id": "an id"}]},
    "getSendAsAddresses": {"addresses": [{"sendAsEmail": "alice@example.com"}]},
    "inspectPkcs12": {"usable": True, "findings": []},
    "inspectPublicKey": {"usable": True, "findings": [], "fingerprint": "ABCD"},
    "readFleet": {"csv": "mailboxes.csv", "rows": "a row", "passwords": "{}"},
    "getCallerIdentity": {"kind": "keyless", "usable": False, "findings": [{"reason": "a reason", "severity": "error"}]},
}


class Recorder(pulumi.runtime.Mocks):
    """Pulumi's own stand-in for the engine."""

    def __init__(self) -> None:
        self.registered = []

    def new_resource(self, args: pulumi.runtime.MockResourceArgs):
        self.registered.append({"type": args.typ, "name": args.name, "inputs": sorted(args.inputs)})
        return [f"{args.name}-id", args.inputs]

    def call(self, args: pulumi.runtime.MockCallArgs):
        self.registered.append({"type": args.token, "inputs": sorted(args.args)})
        return ANSWERS[args.token.split(":")[-1]]


def registered_by(program: str) -> list:
    recorder = Recorder()
    pulumi.runtime.set_mocks(recorder, project=PROJECT, stack="test", preview=False)
    pulumi.runtime.set_all_config({f"{PROJECT}:alicePassword": "a password"}, secret_keys=[])
    pulumi.runtime.test(lambda: runpy.run_path(program) and None)()
    return recorder.registered


for path in sys.argv[1:]:
    print(json.dumps(registered_by(path)))
