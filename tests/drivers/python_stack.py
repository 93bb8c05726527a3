"""Runs a Pulumi program in Python through the Automation API, one operation a process, with the CLI's own flags.

    python python_stack.py {up,preview,refresh,destroy} --stack NAME --event-log FILE [--refresh] [--expect-no-changes]

The working folder is a Pulumi project whose __main__.py becomes the inline program: the very file that `pulumi up` runs
where the full CLI is installed. The events are written as the CLI writes them, as far as the tests read them.
"""

import argparse
import json
import runpy
import sys
from pathlib import Path

from pulumi import automation


def main() -> int:
    options = parse()
    with options.event_log.open("w") as log:
        streams = {
            "color": "never",
            "on_output": lambda line: print(line, flush=True),
            "on_error": lambda line: print(line, file=sys.stderr, flush=True),
            "on_event": lambda event: log.write(json.dumps(as_written(event)) + "\n"),
        }
        wanted = {"expect_no_changes": options.expect_no_changes, "refresh": options.refresh}
        flags = {name: True for name, is_set in wanted.items() if is_set}
        try:
            getattr(open_stack(options.stack), options.verb)(**streams, **flags)
        except automation.CommandError:
            return 1  # its text has been on stderr
    return 0


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(allow_abbrev=False)
    parser.add_argument("verb", choices=["up", "preview", "refresh", "destroy"])
    parser.add_argument("--stack", required=True)
    parser.add_argument("--event-log", type=Path, required=True)
    parser.add_argument("--refresh", action="store_true")
    parser.add_argument("--expect-no-changes", action="store_true")
    return parser.parse_args()


def open_stack(name: str) -> automation.Stack:
    here = Path.cwd()
    workspace = automation.LocalWorkspace(work_dir=str(here), program=lambda: run(here / "__main__.py"))
    return automation.Stack.select(name, workspace)


def run(program: Path) -> None:
    runpy.run_path(str(program), run_name="__main__")


def as_written(event: automation.EngineEvent) -> dict:
    """The part of sdk/go/common/apitype/events.go that tests/engineProcess.ts reads."""
    if event.summary_event:
        return {"summaryEvent": {"resourceChanges": event.summary_event.resource_changes}}
    if event.resource_pre_event:
        step = event.resource_pre_event.metadata
        return {"resourcePreEvent": {"metadata": {"op": step.op, "urn": step.urn, "type": step.type, "diffs": step.diffs}}}
    if event.diagnostic_event:
        said = event.diagnostic_event
        return {"diagnosticEvent": {"severity": said.severity, "urn": said.urn, "message": said.message}}
    return {}


if __name__ == "__main__":
    sys.exit(main())
