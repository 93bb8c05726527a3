"""Runs Pulumi programs without an engine, each by itself, and prints what each registers: one line of JSON a program.

    python python_examples.py PROGRAM.py ...
"""

import json
import runpy
import sys

import pulumi

PROJECT = "examples"


class Recorder(pulumi.runtime.Mocks):
    """Pulumi's own stand-in for the engine."""

    def __init__(self) -> None:
        self.registered = []

    def new_resource(self, args: pulumi.runtime.MockResourceArgs):
        self.registered.append({"type": args.typ, "name": args.name, "inputs": sorted(args.inputs)})
        return [f"{args.name}-id", args.inputs]

    def call(self, args: pulumi.runtime.MockCallArgs):
        return {"csv": args.args["csv"], "rows": "a row", "passwords": "{}"}


def registered_by(program: str) -> list:
    recorder = Recorder()
    pulumi.runtime.set_mocks(recorder, project=PROJECT, stack="test", preview=False)
    pulumi.runtime.set_all_config({f"{PROJECT}:alicePassword": "a password"}, secret_keys=[])
    pulumi.runtime.test(lambda: runpy.run_path(program) and None)()
    return recorder.registered


for path in sys.argv[1:]:
    print(json.dumps(registered_by(path)))
