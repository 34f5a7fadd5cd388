"""What the tests on the node have in common."""

import subprocess
import time


def run(*command, deadline=60, check=True, stdin=None):
    """A program's standard output."""
    done = subprocess.run(command, capture_output=True, text=True, timeout=deadline, input=stdin)
    if check and done.returncode != 0:
        raise AssertionError(f"{' '.join(command)} ended with {done.returncode}: {done.stderr}{done.stdout}")
    return done.stdout


def until(what, condition, deadline=60, interval=0.2, explain=lambda: ""):
    """Polls until the condition gives something true, and returns that.

    explain gives what helps to see why it never did.
    """
    end = time.monotonic() + deadline
    while True:
        found = condition()
        if found:
            return found
        if time.monotonic() >= end:
            raise AssertionError(f"not within {deadline} s: {what}\n{explain()}")
        time.sleep(interval)
