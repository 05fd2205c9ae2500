"""Runs commands of the recorded tree from one process that has loaded the program already.

Starting Python and loading the program takes longer than most commands, so each command is a fork of a process that did
both. The child gets its own environment, folder and output before the program's entry point is called, and ends as any
program does.
"""

import json
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

SCRIPT = """
import json, os, sys
from {module} import {function}

def main():
    for line in sys.stdin:
        order = json.loads(line)
        child = os.fork()
        if child == 0:
            os.environ.clear()
            os.environ.update(order["environment"])
            os.chdir(order["folder"])
            for number, path in enumerate(("/dev/null", order["stdout"], order["stderr"])):
                os.dup2(os.open(path, os.O_RDWR), number)
            sys.argv = ["placelibre", *order["arguments"]]
            sys.exit({function}())
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)

if __name__ == "__main__":
    sys.exit({function}() if len(sys.argv) > 1 else main())
"""
"""A program that runs its arguments or, without any, the commands that come by its standard input."""


@dataclass(frozen=True, slots=True)
class Ended:
    """What a command left behind."""

    exit_code: int
    stdout: bytes
    stderr: bytes


class Shell:
    """One process at a time runs commands; not for several threads at once."""

    def __init__(self, script: Path, environment: Mapping[str, str]) -> None:
        self._stdout, self._stderr = (script.with_name(f"std-{id(self)}-{number}") for number in (1, 2))
        self._process = subprocess.Popen(
            [sys.executable, str(script)],
            env=dict(environment),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def run(self, arguments: list[str], environment: Mapping[str, str], folder: Path) -> Ended:
        """One command, standing in a folder. Raises RuntimeError when the program cannot be loaded."""
        self._stdout.write_bytes(b"")
        self._stderr.write_bytes(b"")
        order = {
            "arguments": arguments,
            "environment": dict(environment),
            "folder": str(folder),
            "stdout": str(self._stdout),
            "stderr": str(self._stderr),
        }
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        if not answer:
            raise RuntimeError(f"the program of this tree cannot be loaded, exit code {self._process.wait()}")
        return Ended(int(answer), self._stdout.read_bytes(), self._stderr.read_bytes())

    def close(self) -> None:
        """Ends the process."""
        self._process.communicate()
