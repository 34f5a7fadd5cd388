"""Processes of a test's own: they end with the test, whatever ends it."""

import contextlib
import ctypes
import os
import signal
import socket
import subprocess
import time


def until(what, condition, deadline=60, interval=0.2, explain=lambda: ""):
    """Polls until the condition gives something true, and returns that."""
    end = time.monotonic() + deadline
    while True:
        found = condition()
        if found:
            return found
        if time.monotonic() >= end:
            raise AssertionError(f"not within {deadline} s: {what}\n{explain()}")
        time.sleep(interval)


def free_port():
    """A port of the loopback device that nobody has at the moment."""
    with contextlib.closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def run(*command, deadline=60, stdin=None):
    """A program's standard output."""
    done = subprocess.run(command, capture_output=True, text=True, timeout=deadline, input=stdin, check=False)
    if done.returncode != 0:
        raise AssertionError(f"{' '.join(command)} ended with {done.returncode}: {done.stderr}{done.stdout}")
    return done.stdout


LIBC = ctypes.CDLL(None)
DIE_WITH_PARENT = 1  # PR_SET_PDEATHSIG


class Server:
    """A program that runs until it is stopped; its log is a file of the folder."""

    def __init__(self, folder, name, *command, environment=None):
        self.name, self.command, self.environment = name, command, environment
        self.log = os.path.join(folder, f"{name}.log")
        self.process = None
        self.start()

    def start(self):
        parent = os.getpid()

        def prepare():
            LIBC.prctl(DIE_WITH_PARENT, signal.SIGKILL)
            if os.getppid() != parent:
                os._exit(1)

        environment = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/nonexistent", **(self.environment or {})}
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                self.command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environment, preexec_fn=prepare
            )

    @property
    def is_running(self):
        return self.process.poll() is None

    def freeze(self):
        self.process.send_signal(signal.SIGSTOP)

    def thaw(self):
        self.process.send_signal(signal.SIGCONT)

    def stop(self, how=signal.SIGTERM, deadline=30):
        """Ends it; what does not end in time is killed."""
        if self.is_running:
            self.process.send_signal(signal.SIGCONT)
            self.process.send_signal(how)
            try:
                self.process.wait(deadline)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()

    def kill(self):
        self.stop(signal.SIGKILL)

    def tail(self, lines=15):
        with open(self.log, encoding="utf-8", errors="replace") as log:
            return "".join(log.readlines()[-lines:])

    def wait_until(self, what, condition, deadline=60):
        """Until the condition is true; fails at once when the program has ended."""

        def check():
            if not self.is_running:
                raise AssertionError(f"{self.name} ended with {self.process.returncode}:\n{self.tail()}")
            return condition()

        return until(f"{self.name}: {what}", check, deadline, explain=self.tail)
