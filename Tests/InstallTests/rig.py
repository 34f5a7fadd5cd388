"""An API server with RBAC and an audit log, the test broker, and programs of the platform, as processes of the tests.

There is no controller-manager: no pod runs, nothing collects what has lost its owner, and namespaces stay.
"""

import ctypes
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time

PROJECT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
CACHE = os.environ.get("TGS_CACHE_DIR") or os.path.expanduser("~/.cache/telegram-serverless")
ASSETS = os.environ.get("KUBEBUILDER_ASSETS") or f"{CACHE}/kubernetes-1.20.2/bin"
HELM = f"{CACHE}/helm/bin/helm"
KUBECTL = f"{CACHE}/python/bin/kubectl"
TGS = os.environ.get("TGS_PROGRAM") or f"{PROJECT}/.build/stripped/tgs"
CHART = f"{PROJECT}/charts/telegram-serverless"
KUBERNETES = "1.20.2"


def run(*command, deadline=60, check=True, stdin=None):
    """A program's standard output."""
    done = subprocess.run(command, capture_output=True, text=True, timeout=deadline, input=stdin)
    if check and done.returncode != 0:
        raise AssertionError(f"{' '.join(command)} ended with {done.returncode}: {done.stderr}{done.stdout}")
    return done.stdout


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
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


def listens(port):
    with socket.socket() as probe:
        probe.settimeout(2)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _end_with_parent():
    # PR_SET_PDEATHSIG: whatever ends the tests ends what they started.
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)


class Program:
    """A process with its output in a file. It ends when the tests do."""

    def __init__(self, name, folder, *command, environment=None):
        self.name, self.log = name, f"{folder}/{name}.log"
        with open(self.log, "ab") as output:
            self.process = subprocess.Popen(
                command,
                stdout=output,
                stderr=output,
                stdin=subprocess.DEVNULL,
                preexec_fn=_end_with_parent,
                env={**os.environ, **(environment or {})},
            )

    def text(self):
        with open(self.log, encoding="utf-8", errors="replace") as file:
            return file.read()

    def tail(self):
        return f"--- {self.name}\n" + "\n".join(self.text().splitlines()[-25:])

    def wait(self, what, condition, deadline=60):
        """Until the condition holds; fails at once when the program has ended."""

        def holds():
            if self.process.poll() is not None:
                raise AssertionError(f"{self.name} ended with {self.process.returncode}\n{self.tail()}")
            return condition()

        return until(what, holds, deadline, explain=self.tail)

    def entry(self, message):
        """The first entry of its log with that message."""
        for line in self.text().splitlines():
            if f'"{message}"' in line and line.startswith("{"):
                return json.loads(line)
        return None

    def stop(self, hard=False, deadline=40):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL if hard else signal.SIGTERM)
        try:
            self.process.wait(deadline)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(10)
            raise AssertionError(f"{self.name} did not end within {deadline} s\n{self.tail()}") from None


AUDIT_POLICY = {
    "apiVersion": "audit.k8s.io/v1",
    "kind": "Policy",
    "omitStages": ["RequestReceived", "ResponseStarted"],
    "rules": [{"level": "Metadata"}],
}


class Cluster:
    """etcd and kube-apiserver, on free ports."""

    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="tgs-install-")
        self.programs = []
        self.server = self.kubeconfig = None
        # What Helm keeps of itself stays out of the user's home.
        self.helm_home = {f"HELM_{kind}_HOME": f"{self.folder}/helm/{kind}" for kind in ("CACHE", "CONFIG", "DATA")}
        self.helm_home["KUBECACHEDIR"] = f"{self.folder}/cache"
        try:
            self._keys()
            # Someone else may take a free port between its choice and its use.
            for attempt in range(4):
                try:
                    self._start()
                    break
                except AssertionError as error:
                    if attempt == 3 or "address already in use" not in str(error):
                        raise
                    self._stop_programs()
        except BaseException:
            self.stop(failed=True)
            raise

    def _certificate(self, name, subject, *extensions, signed=True):
        folder = self.folder
        with open(f"{folder}/openssl.cnf", "w", encoding="utf-8") as file:
            file.write("[req]\ndistinguished_name=dn\n[dn]\n")
        command = ["openssl", "req", "-x509", "-config", f"{folder}/openssl.cnf", "-newkey", "ec", "-pkeyopt"]
        command += ["ec_paramgen_curve:prime256v1", "-nodes", "-days", "30", "-subj", subject]
        command += ["-keyout", f"{folder}/{name}.key", "-out", f"{folder}/{name}.crt"]
        if signed:
            command += ["-CA", f"{folder}/ca.crt", "-CAkey", f"{folder}/ca.key"]
        for extension in extensions:
            command += ["-addext", extension]
        run(*command)

    def _keys(self):
        self._certificate("ca", "/CN=test-ca", "basicConstraints=critical,CA:TRUE", signed=False)
        names = "IP:127.0.0.1,IP:10.0.0.1,DNS:localhost,DNS:kubernetes.default.svc"
        self._certificate(
            "server",
            "/CN=kube-apiserver",
            "basicConstraints=critical,CA:FALSE",
            "extendedKeyUsage=serverAuth",
            f"subjectAltName={names}",
        )
        key = f"{self.folder}/accounts.key"
        run("openssl", "ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", key)
        self.token = "t-" + secrets.token_hex(16)
        with open(f"{self.folder}/tokens.csv", "w", encoding="utf-8") as file:
            file.write(f'{self.token},admin,admin,"system:masters"\n')
        with open(f"{self.folder}/audit-policy.json", "w", encoding="utf-8") as file:
            json.dump(AUDIT_POLICY, file)

    def _start(self):
        folder = self.folder
        client, peer, port = (free_port() for _ in range(3))
        etcd = self.program(
            "etcd",
            "etcd",
            *("--data-dir", f"{folder}/etcd-{client}", "--listen-client-urls", f"http://127.0.0.1:{client}"),
            *("--advertise-client-urls", f"http://127.0.0.1:{client}", "--listen-peer-urls", f"http://127.0.0.1:{peer}"),
            *("--initial-advertise-peer-urls", f"http://127.0.0.1:{peer}"),
            *("--initial-cluster", f"default=http://127.0.0.1:{peer}", "--unsafe-no-fsync", "--log-level", "warn"),
        )
        etcd.wait("etcd", lambda: listens(client))
        self.server = f"https://127.0.0.1:{port}"
        apiserver = self.program(
            "kube-apiserver",
            f"{ASSETS}/kube-apiserver",
            *(f"--etcd-servers=http://127.0.0.1:{client}", "--bind-address=127.0.0.1", f"--secure-port={port}"),
            *("--advertise-address=127.0.0.1", f"--cert-dir={folder}", f"--tls-cert-file={folder}/server.crt"),
            *(f"--tls-private-key-file={folder}/server.key", f"--client-ca-file={folder}/ca.crt"),
            *(f"--token-auth-file={folder}/tokens.csv", "--service-account-issuer=https://kubernetes.default.svc"),
            *(f"--service-account-key-file={folder}/accounts.key", "--endpoint-reconciler-type=none", "--v=1"),
            *(f"--service-account-signing-key-file={folder}/accounts.key", "--authorization-mode=RBAC"),
            # It refuses pods without a ServiceAccount, which only the controller-manager makes.
            *("--service-cluster-ip-range=10.0.0.0/24", "--disable-admission-plugins=ServiceAccount"),
            # Some clusters have it: who blocks an owner's deletion needs a right on the owner's finalizers.
            "--enable-admission-plugins=OwnerReferencesPermissionEnforcement",
            *(f"--audit-policy-file={folder}/audit-policy.json", f"--audit-log-path={folder}/audit.log"),
        )
        self.kubeconfig = self.write_kubeconfig("admin", self.token)
        ready = lambda path: self.kubectl("get", "--raw", path, check=False, deadline=20)
        apiserver.wait("the API server is ready", lambda: ready("/readyz"), deadline=120)
        apiserver.wait("its namespaces are there", lambda: ready("/api/v1/namespaces/default"))

    def write_kubeconfig(self, name, token, namespace="default"):
        path = f"{self.folder}/{name}.kubeconfig"
        cluster = {"server": self.server, "certificate-authority": f"{self.folder}/ca.crt"}
        config = {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": "test",
            "contexts": [{"name": "test", "context": {"cluster": "test", "user": "test", "namespace": namespace}}],
            "clusters": [{"name": "test", "cluster": cluster}],
            "users": [{"name": "test", "user": {"token": token}}],
        }
        with open(path, "w", encoding="utf-8") as file:
            json.dump(config, file)
        return path

    def program(self, name, *command, environment=None):
        program = Program(name, self.folder, *command, environment=environment)
        self.programs.append(program)
        return program

    def kubectl(self, *arguments, kubeconfig=None, **options):
        flags = ("--kubeconfig", kubeconfig or self.kubeconfig, "--cache-dir", f"{self.folder}/cache")
        return run(KUBECTL, *flags, *arguments, **options)

    def may(self, user, *what):
        """Whether somebody may do it: verb, kind, and flags for the namespace and the like."""
        answer = self.kubectl("auth", "can-i", "--as", user, *what, check=False).strip()
        if answer not in ("yes", "no"):
            raise AssertionError(f"whether {user} may {' '.join(what)} could not be asked: {answer}")
        return answer == "yes"

    def get(self, *arguments):
        return json.loads(self.kubectl("get", *arguments, "-o", "json"))

    def helm(self, *arguments, **options):
        flags = [f"--kubeconfig={self.kubeconfig}"]
        environment = [f"{name}={value}" for name, value in self.helm_home.items()]
        return run("env", *environment, HELM, *arguments, *flags, **options)

    def account_kubeconfig(self, namespace, name):
        """A kubeconfig with the token of a ServiceAccount."""
        request = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {"expirationSeconds": 3600}}
        path = f"/api/v1/namespaces/{namespace}/serviceaccounts/{name}/token"
        answer = json.loads(self.kubectl("create", "--raw", path, "-f", "-", stdin=json.dumps(request)))
        return self.write_kubeconfig(f"{namespace}-{name}", answer["status"]["token"], namespace)

    def apply(self, *objects):
        body = {"apiVersion": "v1", "kind": "List", "items": objects}
        self.kubectl("apply", "--validate=false", "-f", "-", stdin=json.dumps(body))

    def audit(self):
        """What was asked of the API server, and how it answered."""
        with open(f"{self.folder}/audit.log", encoding="utf-8") as file:
            return [json.loads(line) for line in file if line.endswith("\n")]

    def objects(self):
        """Everything that there is, as kind/namespace/name."""
        kinds = self.kubectl("api-resources", "--verbs=list", "-o", "name").split()
        kinds = [kind for kind in kinds if kind.split(".")[0] not in ("events", "componentstatuses")]
        answer = self.kubectl(
            "get", ",".join(kinds), "--all-namespaces", "--ignore-not-found", "--no-headers",
            "-o", "custom-columns=:.apiVersion,:.kind,:.metadata.namespace,:.metadata.name",
        )
        return set(" ".join(line.split()) for line in answer.splitlines() if line.strip())

    def _stop_programs(self):
        for program in reversed(self.programs):
            program.stop(hard=True)
        self.programs = []

    def stop(self, failed=False):
        self._stop_programs()
        logs = os.environ.get("TGS_LOG_DIR")
        if failed and logs:
            os.makedirs(f"{logs}/install", exist_ok=True)
            for name in os.listdir(self.folder):
                if name.endswith(".log") and name != "audit.log":
                    shutil.copy(f"{self.folder}/{name}", f"{logs}/install/{name}")
        shutil.rmtree(self.folder, ignore_errors=True)


def broker(cluster):
    """The test broker and its port."""
    python = f"{CACHE}/python/bin/python3"
    folder = run(python, "-c", "import noida_db, os; print(os.path.dirname(noida_db.__file__))").strip()
    for attempt in range(4):
        port = free_port()
        program = cluster.program(
            f"broker-{attempt}", f"{folder}/noida-db", "start", "--only", "kafka", "--kafka-port", str(port),
            "--data-dir", f"{cluster.folder}/kafka-{port}",
        )
        try:
            program.wait("the broker", lambda: listens(port), deadline=60)
            return program, port
        except AssertionError:
            if attempt == 3:
                raise
            program.stop(hard=True)
    return None


_shared = None


def shared():
    """The cluster of all tests of this run, started at the first use."""
    global _shared
    if _shared is None:
        _shared = Cluster()
    return _shared


def stop_shared(failed):
    if _shared is not None:
        _shared.stop(failed)
