"""The platform as processes of this machine: real servers, `tgs` as it is shipped, and only Telegram simulated."""

import base64
import json
import os
import ssl
import urllib.error
import urllib.request

from processes import Server, free_port, run, until

PROJECT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
CACHE = os.environ.get("TGS_CACHE_DIR") or os.path.expanduser("~/.cache/telegram-serverless")
PYTHON = f"{CACHE}/python/bin/python3"
KUBECTL = f"{CACHE}/python/bin/kubectl"
SYSTEM = "tgs-system"
GROUP = "telegram-serverless.io/v1alpha1"
ADMIN, LIMITED = "admin-token", "limited-token"


def http(url, body=None, headers=None, deadline=10, context=None):
    """Status and body of an answer; also of one that is an error."""
    opener = urllib.request.build_opener(
        urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=context)
    )
    data = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
    request = urllib.request.Request(url, data=data, headers=headers or {})
    try:
        with opener.open(request, timeout=deadline) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode(errors="replace")
    except OSError as error:
        return 0, str(error)


class ControlPlane:
    """etcd and kube-apiserver with two users: an administrator, and one who may read Secrets and nothing else."""

    def __init__(self, folder):
        self.folder = folder
        self.make_keys()
        client, peer, self.port = f"http://127.0.0.1:{free_port()}", f"http://127.0.0.1:{free_port()}", free_port()
        self.etcd = Server(
            folder, "etcd", "/usr/bin/etcd", "--data-dir", f"{folder}/etcd", "--listen-client-urls", client,
            "--advertise-client-urls", client, "--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer,
            "--initial-cluster", f"default={peer}", "--unsafe-no-fsync", "--log-level", "warn",
        )  # fmt: skip
        self.etcd.wait_until("health", lambda: http(f"{client}/health")[0] == 200)
        self.url = f"https://127.0.0.1:{self.port}"
        self.tls = ssl.create_default_context(cafile=f"{folder}/ca.crt")
        programs = os.environ.get("KUBEBUILDER_ASSETS") or f"{CACHE}/kubernetes-1.20.2/bin"
        self.api = Server(
            folder, "kube-apiserver", f"{programs}/kube-apiserver", f"--etcd-servers={client}",
            "--bind-address=127.0.0.1", "--advertise-address=127.0.0.1", f"--secure-port={self.port}",
            f"--cert-dir={folder}", f"--tls-cert-file={folder}/server.crt",
            f"--tls-private-key-file={folder}/server.key", f"--client-ca-file={folder}/ca.crt",
            f"--token-auth-file={folder}/tokens.csv", "--authorization-mode=RBAC",
            "--service-account-issuer=https://kubernetes.default.svc",
            f"--service-account-key-file={folder}/sa.key", f"--service-account-signing-key-file={folder}/sa.key",
            "--disable-admission-plugins=ServiceAccount", "--service-cluster-ip-range=10.0.0.0/24",
            "--endpoint-reconciler-type=none", "--allow-privileged=true",
        )  # fmt: skip
        self.wait()
        self.kubeconfig = self.make_kubeconfig("admin", ADMIN)
        self.limited_kubeconfig = self.make_kubeconfig("limited", LIMITED)

    def wait(self):
        for path in ("/readyz", "/api/v1/namespaces/default"):
            self.api.wait_until(path, lambda path=path: self.get(path)[0] == 200, 120)

    def get(self, path):
        return http(self.url + path, headers={"Authorization": f"Bearer {ADMIN}"}, context=self.tls)

    def make_keys(self):
        def path(name):
            return os.path.join(self.folder, name)

        with open(path("openssl.cnf"), "w", encoding="utf-8") as file:
            file.write("[req]\ndistinguished_name=dn\n[dn]\n")
        common = ("openssl", "req", "-x509", "-config", path("openssl.cnf"), "-newkey", "ec", "-pkeyopt",
                  "ec_paramgen_curve:prime256v1", "-nodes", "-days", "3")  # fmt: skip
        run(*common, "-subj", "/CN=test-ca", "-addext", "basicConstraints=critical,CA:TRUE",
            "-keyout", path("ca.key"), "-out", path("ca.crt"))  # fmt: skip
        run(*common, "-subj", "/CN=kube-apiserver", "-CA", path("ca.crt"), "-CAkey", path("ca.key"),
            "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", path("server.key"), "-out", path("server.crt"))  # fmt: skip
        run("openssl", "ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", path("sa.key"))
        with open(path("tokens.csv"), "w", encoding="utf-8") as file:
            file.write(f'{ADMIN},admin,1,"system:masters"\n{LIMITED},limited,2,"limited"\n')

    def make_kubeconfig(self, name, token):
        path = os.path.join(self.folder, f"{name}.kubeconfig")
        cluster = {"server": self.url, "certificate-authority": f"{self.folder}/ca.crt"}
        with open(path, "w", encoding="utf-8") as file:
            json.dump(
                {
                    "apiVersion": "v1", "kind": "Config", "current-context": "test",
                    "clusters": [{"name": "test", "cluster": cluster}],
                    "users": [{"name": name, "user": {"token": token}}],
                    "contexts": [{"name": "test", "context": {"cluster": "test", "user": name, "namespace": SYSTEM}}],
                },
                file,
            )  # fmt: skip
        return path

    def kubectl(self, *arguments, stdin=None, deadline=60):
        return run(KUBECTL, "--kubeconfig", self.kubeconfig, *arguments, stdin=stdin, deadline=deadline)

    def apply(self, *objects):
        items = {"apiVersion": "v1", "kind": "List", "items": list(objects)}
        self.kubectl("apply", "--validate=false", "-f", "-", stdin=json.dumps(items))


def manifest(api_version, kind, namespace, name, labels=None, annotations=None, **parts):
    metadata = {"name": name, "namespace": namespace, "labels": labels or {}, "annotations": annotations or {}}
    return {"apiVersion": api_version, "kind": kind, "metadata": metadata, **parts}


class Rig:
    """Control plane, broker, Redis, simulator, and the parts that a test starts."""

    def __init__(self, folder, tgs):
        self.folder, self.tgs, self.parts, self.others = folder, tgs, {}, []
        self.plane = ControlPlane(folder)
        self.start_broker()
        self.redis_port = free_port()
        self.redis = Server(
            folder, "redis", "/usr/bin/redis-server", "--port", str(self.redis_port), "--bind", "127.0.0.1",
            "--save", "", "--dir", folder,
        )  # fmt: skip
        with open(os.path.join(folder, "redis-url"), "w", encoding="utf-8") as file:
            file.write(f"redis://127.0.0.1:{self.redis_port}/0")
        self.api_port, self.control_port = free_port(), free_port()
        self.simulator = Server(
            folder, "simulator", tgs, "simulator", "--host", "127.0.0.1", "--api-port", str(self.api_port),
            "--control-port", str(self.control_port), "--allow-insecure-webhooks", "--time-scale", "0.02",
        )  # fmt: skip
        self.simulator.wait_until("ready", lambda: http(f"http://127.0.0.1:{self.control_port}/ready")[0] == 200)
        self.webhook_port, self.proxy_port = free_port(), free_port()
        self.install()
        self.apply_gateway()

    def start_broker(self):
        program = run(PYTHON, "-c", "import noida_db, os; print(os.path.dirname(noida_db.__file__))").strip()
        self.broker_port = free_port()
        self.broker = Server(
            self.folder, "broker", f"{program}/noida-db", "start", "--only", "kafka", "--kafka-port",
            str(self.broker_port), "--data-dir", f"{self.folder}/broker",
        )  # fmt: skip
        self.broker.wait_until("listens", lambda: http(f"http://127.0.0.1:{self.broker_port}/", deadline=1)[1]
                               .find("refused") < 0)  # fmt: skip

    def install(self):
        """Definitions, namespaces and rights."""
        plane = self.plane
        for kind in ("telegrambots", "telegramgateways"):
            plane.kubectl("apply", "--validate=false", "-f", f"{PROJECT}/crds/{kind}.yaml")
        for kind in ("telegrambots", "telegramgateways"):
            until(f"{kind} are served", lambda kind=kind: plane.get(f"/apis/{GROUP}/{kind}")[0] == 200)
        plane.kubectl("apply", "-f", f"{PROJECT}/deploy/demo/namespaces.yaml")
        rule = {"apiGroups": [""], "resources": ["secrets"], "verbs": ["get", "list", "watch"]}
        access = "rbac.authorization.k8s.io"
        plane.apply(
            manifest(f"{access}/v1", "Role", SYSTEM, "limited", rules=[rule]),
            manifest(
                f"{access}/v1", "RoleBinding", SYSTEM, "limited",
                roleRef={"apiGroup": access, "kind": "Role", "name": "limited"},
                subjects=[{"apiGroup": access, "kind": "Group", "name": "limited"}],
            ),
        )  # fmt: skip

    def apply_gateway(self):
        self.plane.apply(
            manifest(
                GROUP, "TelegramGateway", SYSTEM, "main",
                annotations={"telegram-serverless.io/is-default-gateway": "true"},
                spec={
                    "publicURL": f"http://127.0.0.1:{self.webhook_port}",
                    "kafka": {"bootstrapServers": f"127.0.0.1:{self.broker_port}", "replicationFactor": 1},
                    "telegram": {"apiBaseURL": f"http://127.0.0.1:{self.api_port}"},
                },
            )
        )  # fmt: skip

    def lose_cluster(self):
        """Everything that Kubernetes knew is gone, and so are the parts; then there is an empty cluster."""
        self.plane.api.kill()
        self.plane.etcd.kill()
        # Not killed: this broker would keep the partitions of a consumer that was killed for it, for ever.
        for part in self.parts.values():
            part.stop()
        self.parts.clear()
        folder = os.path.join(self.folder, "second-cluster")
        os.mkdir(folder)
        self.plane = ControlPlane(folder)
        self.install()

    # Parts

    def start_operator(self, *flags, name="operator"):
        return self.start_part(
            name, "operator", "operator", "--leader-election", "--identity", name, "--lease-namespace", SYSTEM,
            "--retry-maximum", "1s", "--kafka-timeout", "3s", "--telegram-timeout", "5s", "--resync-interval", "5s",
            *flags,
        )  # fmt: skip

    def start_gateway(self, *flags, name="gateway", kubeconfig=None, port=None):
        return self.start_part(
            name, "gateway", "gateway", "--name", "main", "--namespace", SYSTEM, "--kafka-brokers",
            f"127.0.0.1:{self.broker_port}", "--api-base-url", f"http://127.0.0.1:{self.api_port}",
            "--webhook-port", str(port or self.webhook_port), "--proxy-port", str(0 if port else self.proxy_port),
            "--drain-delay", "1ms",
            "--redis-url-file", f"{self.folder}/redis-url", "--retry-after", "1", *flags,
            kubeconfig=kubeconfig,
            # A collector that is not there costs spans, which are counted, and nothing else.
            environment={"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9"},
        )  # fmt: skip

    def start_part(self, name, component, *command, kubeconfig=None, environment=None):
        """Starts a part and waits until it is ready."""
        health = free_port()
        server = Server(
            self.folder, name, self.tgs, *command, "--kubeconfig", kubeconfig or self.plane.kubeconfig,
            "--host", "127.0.0.1", "--health-port", str(health), environment=environment,
        )  # fmt: skip
        server.health, server.component = health, component
        self.parts[name] = server
        server.wait_until("ready", lambda: http(f"http://127.0.0.1:{health}/ready")[0] == 200)
        return server

    def metrics(self, part):
        return http(f"http://127.0.0.1:{self.parts[part].health}/metrics")[1]

    # Telegram and bots

    def telegram(self, path, body=None, deadline=30):
        status, text = http(f"http://127.0.0.1:{self.control_port}{path}", body, deadline=deadline)
        if status not in (200, 201, 204):
            raise AssertionError(f"the simulator answers {status} to {path}: {text}")
        return json.loads(text) if text else None

    def forget_faults(self):
        run("curl", "-sS", "--fail", "--noproxy", "*", "-X", "DELETE", f"http://127.0.0.1:{self.control_port}/faults")

    def make_bot(self, name, ready=True, **spec):
        """A bot at the simulator and its TelegramBot; waits until that is Ready. Gives what the simulator says of it."""
        info = self.telegram("/bots", {"username": f"{name}_bot"})
        self.plane.apply(
            manifest("v1", "Secret", "bots", f"{name}-token", stringData={"token": info["token"]}),
            manifest(GROUP, "TelegramBot", "bots", name, spec={"tokenSecretRef": {"name": f"{name}-token"}, **spec}),
        )
        if ready:
            self.plane.kubectl(
                "-n", "bots", "wait", "--for=condition=Ready", "--timeout=90s", f"telegrambot/{name}", deadline=100
            )
        return info

    def webhook(self, bot, body, secret="wrong", deadline=30):
        """The status that the gateway answers to a webhook."""
        headers = {"X-Telegram-Bot-Api-Secret-Token": secret, "Content-Type": "application/json"}
        return http(f"http://127.0.0.1:{self.webhook_port}/webhook/bot_{bot}", body, headers, deadline)[0]

    def webhook_secret(self, bot):
        text = self.plane.kubectl("-n", SYSTEM, "get", "secret", f"binding-bot-{bot}", "-o", "json")
        return base64.b64decode(json.loads(text)["data"]["webhook_secrets"]).decode().split()[0]

    def stop(self):
        everything = [*self.parts.values(), *self.others, self.simulator, self.redis, self.broker,
                      self.plane.api, self.plane.etcd]  # fmt: skip
        for server in everything:
            server.kill()

    def explain(self):
        return "\n".join(f"--- {name}\n{part.tail()}" for name, part in self.parts.items())
