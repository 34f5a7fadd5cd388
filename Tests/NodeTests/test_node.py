"""What a node with real pods must do before anything of ours is tested on it.

Run inside a node by scripts/test-node.sh, with KUBECONFIG set. Every wait has a deadline. A deleted pod's object may
outlive its containers, so endings are judged by the containers' own records.
"""

import json
import os
import subprocess
import threading
import time
import unittest

import support
from support import run

HERE = os.path.dirname(os.path.abspath(__file__))
NAMESPACE = "node-tests"


def kubectl(*arguments, **options):
    return run("kubectl", "-n", NAMESPACE, *arguments, **options)


def get(*arguments):
    return json.loads(kubectl("get", *arguments, "-o", "json"))


def http(url, *arguments, **options):
    return run("curl", "-sS", "--noproxy", "*", "--max-time", "10", *arguments, url, **options)


def in_pod(command, **options):
    return kubectl("exec", "tools", "--", "bash", "-c", command, **options)


def until(what, condition, deadline=60):
    return support.until(what, condition, deadline, explain=lambda: kubectl("get", "pods,events", check=False))


class Log:
    """The log of a container, followed until its end, so that it outlives the pod."""

    def __init__(self, pod, container):
        self.lines = []
        self.process = subprocess.Popen(
            ["kubectl", "-n", NAMESPACE, "logs", "-f", pod, "-c", container], stdout=subprocess.PIPE, text=True
        )
        self.thread = threading.Thread(target=self._read, daemon=True)
        self.thread.start()

    def _read(self):
        for line in self.process.stdout:
            self.lines.append(line.rstrip("\n"))

    def time_of(self, text):
        """When the container wrote a line with a text, in milliseconds; None when it has not."""
        return next((int(line.split(" ", 1)[0]) for line in list(self.lines) if text in line), None)

    def close(self):
        if self.process.poll() is None:
            self.process.terminate()
        self.process.wait(10)
        self.thread.join(10)
        self.process.stdout.close()


class NodeTests(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        run("kubectl", "delete", "namespace", NAMESPACE, "--ignore-not-found", "--wait", deadline=120)
        run("kubectl", "create", "namespace", NAMESPACE)
        until("the default ServiceAccount", lambda: kubectl("get", "serviceaccount", "default", check=False))
        kubectl("apply", "-f", os.path.join(HERE, "objects.yaml"))
        # Readiness probes of both containers of each pod.
        kubectl("wait", "--for=condition=Ready", "pod", "--all", "--timeout=120s", deadline=130)
        kubectl("rollout", "status", "deployment/app", "--timeout=60s", deadline=70)

    @classmethod
    def tearDownClass(cls):
        run("kubectl", "delete", "namespace", NAMESPACE, "--wait=false")

    def app_pods(self):
        return [pod for pod in get("pods", "-l", "app=app")["items"] if "deletionTimestamp" not in pod["metadata"]]

    def ready_addresses(self, service):
        subsets = get("endpoints", service).get("subsets") or []
        return sorted(a["ip"] for subset in subsets for a in subset.get("addresses") or [])

    def test_containers_have_their_secrets_and_logs(self):
        name = self.app_pods()[0]["metadata"]["name"]
        self.assertIn("started port=8080 secret=s3cr3t", kubectl("logs", name, "-c", "main"))
        self.assertIn("started port=9090 secret=-", kubectl("logs", name, "-c", "side"))

    def test_pods_and_services_are_reached_from_the_node(self):
        address = self.app_pods()[0]["status"]["podIP"]
        self.assertEqual(http(f"http://{address}:8080/x"), "main path=/x secret=s3cr3t\n")
        service = get("service", "app")["spec"]["clusterIP"]
        until("the Service answers", lambda: "path=/y" in http(f"http://{service}/y", check=False))

    def test_services_are_reached_from_pods_by_name(self):
        for name in ("app", f"app.{NAMESPACE}", f"app.{NAMESPACE}.svc.cluster.local"):
            self.assertIn("path=/z", until(name, lambda: in_pod(f"curl -sS -m 5 http://{name}/z", check=False)))

    def test_names_that_stand_for_nothing_are_refused_at_once(self):
        began = time.monotonic()
        self.assertEqual(in_pod("getent hosts nothing || echo none"), "none\n")
        self.assertLess(time.monotonic() - began, 4)

    def test_a_headless_service_names_its_pods(self):
        expected = sorted(pod["status"]["podIP"] for pod in self.app_pods())
        self.assertEqual(
            until(
                "the pods' addresses",
                lambda: (
                    found := sorted({line.split()[0] for line in in_pod("getent ahostsv4 app-pods").splitlines()})
                )
                == expected
                and found,
            ),
            expected,
        )

    def test_a_pod_calls_another_one_of_its_bridge_through_a_service(self):
        # Without masquerading, the answer would come from the pod's own address, over the bridge, and be dropped.
        service = get("service", "broker")["spec"]["clusterIP"]
        in_pod(f"exec 3<>/dev/tcp/{service}/9092")
        in_pod("exec 3<>/dev/tcp/broker/9092")

    def test_a_pod_has_the_rights_of_its_service_account(self):
        account = "/var/run/secrets/kubernetes.io/serviceaccount"
        command = (
            f"curl -sS -m 10 -o /dev/null -w %{{http_code}} --cacert {account}/ca.crt"
            f' -H "Authorization: Bearer $(cat {account}/token)"'
            f" https://kubernetes.default.svc/api/v1/namespaces/{NAMESPACE}/pods"
        )
        self.assertEqual(in_pod(command), "403")
        self.assertEqual(in_pod(command.replace("kubernetes.default.svc", "$KUBERNETES_SERVICE_HOST")), "403")
        kubectl("create", "rolebinding", "view", "--clusterrole=view", f"--serviceaccount={NAMESPACE}:default")
        until("the RoleBinding", lambda: in_pod(command) == "200")

    def test_a_failing_liveness_probe_restarts_the_container(self):
        http(f"http://{get('pod', 'sick')['status']['podIP']}:8080/unready")
        until("a restart", lambda: get("pod", "sick")["status"]["containerStatuses"][0]["restartCount"] >= 1)
        until("ready again", lambda: get("pod", "sick")["status"]["containerStatuses"][0]["ready"])
        self.assertIn("unready", kubectl("logs", "sick", "--previous"))

    def test_sigterm_ignored_ends_at_the_grace_period(self):
        log = Log("stubborn", "main")
        self.addCleanup(log.close)
        until("the log", lambda: log.time_of("started"))
        began = time.monotonic()
        kubectl("delete", "pod", "stubborn", "--wait=false")
        until("SIGTERM", lambda: log.time_of("signal 15"))
        until("the end", lambda: log.process.poll() is not None, 40)
        self.assertGreaterEqual(time.monotonic() - began, 2.5)
        self.assertIsNone(log.time_of("ends"))

    def test_port_forward_and_exec(self):
        name = self.app_pods()[0]["metadata"]["name"]
        forward = subprocess.Popen(
            ["kubectl", "-n", NAMESPACE, "port-forward", f"pod/{name}", ":8080"], stdout=subprocess.PIPE, text=True
        )
        try:
            port = forward.stdout.readline().split("127.0.0.1:")[1].split(" ")[0]
            self.assertIn("path=/p", http(f"http://127.0.0.1:{port}/p"))
        finally:
            forward.terminate()
            forward.wait(10)
            forward.stdout.close()

    def test_the_hook_holds_back_sigterm_on_scale_down(self):
        pods = [pod["metadata"]["name"] for pod in self.app_pods()]
        logs = {name: (Log(name, "main"), Log(name, "side")) for name in pods}
        for pair in logs.values():
            for log in pair:
                self.addCleanup(log.close)
                until("the log", lambda: log.time_of("started"))
        kubectl("scale", "deployment/app", "--replicas=1")
        main, side = until(
            "the hook's call", lambda: next((p for p in logs.values() if p[1].time_of("drain begins")), None)
        )
        # kubelet 1.20 asks for //drain.
        self.assertTrue(any("drain begins" in line and "/drain?3000" in line for line in side.lines))
        until("both containers ended", lambda: main.time_of("ends") and side.time_of("ends"), 40)
        begun = side.time_of("drain begins")
        self.assertGreaterEqual(main.time_of("signal 15") - begun, 2950, "SIGTERM came before the hook had ended")
        self.assertLess(side.time_of("signal 15") - begun, 2900, "the container without a hook was held back as well")
        # Only one pod was taken, and the Service goes on with the other one.
        self.assertEqual(sum(1 for p in logs.values() if p[1].time_of("drain begins")), 1)
        left = until("one pod", lambda: len(self.app_pods()) == 1 and self.app_pods()[0])
        until("its address alone", lambda: self.ready_addresses("app") == [left["status"]["podIP"]])
        kubectl("scale", "deployment/app", "--replicas=2")
        kubectl("rollout", "status", "deployment/app", "--timeout=60s", deadline=70)

    def test_an_unready_pod_leaves_its_service(self):
        kubectl("rollout", "status", "deployment/app", "--timeout=60s", deadline=70)
        pods = self.app_pods()
        gone, stays = pods[0]["status"]["podIP"], pods[1]["status"]["podIP"]
        http(f"http://{gone}:8080/unready")
        until("its address has gone", lambda: self.ready_addresses("app") == [stays])
        kubectl("delete", "pod", pods[0]["metadata"]["name"], "--wait=false")
        kubectl("rollout", "status", "deployment/app", "--timeout=60s", deadline=70)


if __name__ == "__main__":
    unittest.main(verbosity=2)
