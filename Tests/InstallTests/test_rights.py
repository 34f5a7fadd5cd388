"""Each part with the rights that the chart gives it, and no others, on an API server that checks them."""

import json
import unittest
import urllib.request

import yaml

import chart
import rig

SYSTEM, BOTS = "tgs", "bots"
OPERATOR = "tgs-telegram-serverless-operator"
ACCOUNT = f"system:serviceaccount:{SYSTEM}:{OPERATOR}"

# Rights that need not come into use in this test, and when they do.
NOT_SEEN = {
    ("telegram-serverless.io", "telegrambots", "get"): "read again when somebody else has written meanwhile",
    ("telegram-serverless.io", "telegrambots/finalizers", "update"): "asked for by the server itself, not in its log",
    ("events.k8s.io", "events", "patch"): "an Event that comes again within minutes",
    ("policy", "poddisruptionbudgets", "get"): "one of the name that is needed, made by somebody else",
}


def expanded(rules):
    """The rights of a role: (group, resource, verb)."""
    return {
        (group, resource, verb)
        for rule in rules
        for group in rule["apiGroups"]
        for resource in rule["resources"]
        for verb in rule["verbs"]
    }


class RightsTests(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.cluster = rig.shared()
        cls.cluster.apply(
            *({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}} for name in (SYSTEM, BOTS)),
            secret(SYSTEM, "kafka", username="ann", password="secret"),
        )
        _, cls.broker = rig.broker(cls.cluster)
        cls.simulator = cls.cluster.program(
            "simulator", rig.TGS, "simulator", "--host=127.0.0.1", "--api-port=0", "--control-port=0",
            "--allow-insecure-webhooks",
        )
        cls.simulator.wait("the simulator", lambda: cls.simulator.entry("simulator listens"))
        cls.ports = cls.simulator.entry("simulator listens")

    def setUp(self):
        self.seen = len(self.cluster.audit())
        self.addCleanup(self.clean_up)

    def clean_up(self):
        # Bots first, their finalizers with them should no operator run any more.
        bots = self.cluster.kubectl("get", "telegrambots", "-A", "-o", "json", check=False)
        for bot in json.loads(bots)["items"] if bots else []:
            meta = bot["metadata"]
            patch = '{"metadata":{"finalizers":null}}'
            self.cluster.kubectl("-n", meta["namespace"], "patch", "telegrambot", meta["name"], "--type=merge", "-p", patch)
        self.cluster.helm("uninstall", "tgs", "-n", SYSTEM, "--ignore-not-found", deadline=120)
        self.cluster.kubectl("delete", "--ignore-not-found", "--timeout=60s", "-f", KEDA, deadline=70)

    def install(self, gateway=None, **operator):
        """Twice: first the definitions, then a gateway, of whose spec more may be given."""
        flags = ["--optional-kind-interval=1s", "--drain-timeout=1s", "--host=127.0.0.1", "--health-port=0"]
        values = {"crds": {"keep": False}, "operator": {"extraArgs": flags, **operator}}
        spec = {
            "publicURL": "http://127.0.0.1:9",
            "kafka": {
                "bootstrapServers": f"127.0.0.1:{self.broker}",
                "sasl": {"mechanism": "PLAIN", "credentialsSecretRef": {"name": "kafka"}},
            },
            "telegram": {"apiBaseURL": f"http://127.0.0.1:{self.ports['api_port']}"},
        }
        for more in ({}, {"gateway": {"enabled": True, "spec": {**spec, **(gateway or {})}}}):
            self.cluster.helm(
                "upgrade", "--install", "tgs", rig.CHART, "-n", SYSTEM, "-f", "-",
                stdin=json.dumps(chart.merged(values, more)), deadline=120,
            )
        # The server takes a moment to hear of new rights; each role has one of these.
        for what in ("patch telegrambots.telegram-serverless.io", "create secrets", "list ingresses.networking.k8s.io"):
            rig.until(f"the operator may {what}", lambda: self.cluster.may(ACCOUNT, *what.split(), "-n", BOTS))
        rig.until("the operator may lead", lambda: self.cluster.may(ACCOUNT, "create", "leases.coordination.k8s.io", "-n", SYSTEM))

    def operator(self):
        """The program as the chart's Deployment would start it, with its account's token."""
        pod = self.cluster.get("deployment", "-n", SYSTEM, OPERATOR)["spec"]["template"]["spec"]
        kubeconfig = self.cluster.account_kubeconfig(SYSTEM, pod["serviceAccountName"])
        arguments = [*pod["containers"][0]["args"], f"--kubeconfig={kubeconfig}"]
        program = self.cluster.program(self.id().rsplit(".", 1)[-1], rig.TGS, *arguments, environment={"TGS_IDENTITY": "pod"})
        self.addCleanup(program.stop)
        return program

    def bot(self, name, namespace=BOTS, **spec):
        # The simulator draws its number and token.
        body = json.dumps({"username": f"{name}_bot"}).encode()
        request = urllib.request.Request(f"http://127.0.0.1:{self.ports['control_port']}/bots", data=body)
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=30) as answer:
            token = json.load(answer)["token"]
        spec = {"tokenSecretRef": {"name": f"{name}-token"}, **spec}
        bot = {"apiVersion": "telegram-serverless.io/v1alpha1", "kind": "TelegramBot", "spec": spec}
        bot["metadata"] = {"name": name, "namespace": namespace}
        self.cluster.apply(secret(namespace, f"{name}-token", token=token), bot)

    def change(self, name, kind="telegrambot", namespace=BOTS, **spec):
        self.cluster.kubectl("-n", namespace, "patch", kind, name, "--type=merge", "-p", json.dumps({"spec": spec}))

    def find(self, kind, name, namespace):
        text = self.cluster.kubectl("-n", namespace, "get", kind, name, "--ignore-not-found", "-o", "json")
        return json.loads(text) if text.strip() else None

    def comes(self, kind, name, holds=lambda found: True, namespace=BOTS):
        """Until an object is there, and as it should be."""

        def found():
            self.assert_runs()
            one = self.find(kind, name, namespace)
            return one if one and holds(one) else None

        return rig.until(f"{kind} {name}", found, 90, explain=self.explain)

    def goes(self, kind, name, namespace=BOTS):
        gone = lambda: self.assert_runs() or not self.find(kind, name, namespace)
        rig.until(f"{kind} {name} goes", gone, 90, explain=self.explain)

    def assert_runs(self):
        if self.process.process.poll() is not None:
            raise AssertionError(self.process.tail())

    def explain(self):
        found = self.cluster.kubectl("get", "telegrambots,telegramgateways", "-A", "-o", "yaml", check=False)
        return f"{self.refused()}\n{found}\n{self.process.tail()}"

    def calls(self):
        """What the operator has asked of the API server in this test."""
        return [one for one in self.cluster.audit()[self.seen :] if one["user"]["username"] == ACCOUNT]

    def refused(self):
        return sorted(
            {f"{one['verb']} {one['requestURI'].split('?')[0]}" for one in self.calls() if one["responseStatus"]["code"] == 403}
        )

    def used(self):
        """Rights that were needed for what was done."""
        found = set()
        for one in self.calls():
            what = one.get("objectRef", {})
            if "resource" not in what:
                continue
            resource = "/".join(part for part in (what["resource"], what.get("subresource")) if part)
            found.add((what.get("apiGroup", ""), resource, one["verb"]))
            # An apply of what is not there needs the right to make it, too.
            if one["verb"] == "patch" and one["responseStatus"]["code"] == 201:
                found.add((what.get("apiGroup", ""), resource, "create"))
        return found

    def test_the_operator_gets_by_with_its_rights_and_needs_each_of_those_for_bots(self):
        self.install()
        self.process = self.operator()
        # Without KEDA: a migration, then workers, put to sleep by a suspension.
        worker = {"image": "shop:1", "migration": {"command": ["migrate"]}}
        self.bot("shop", worker=worker, scaling={"minReplicas": 2, "maxReplicas": 3})
        job = rig.until(
            "the migration's Job",
            lambda: self.cluster.get("jobs", "-n", BOTS)["items"],
            90,
            explain=self.explain,
        )[0]["metadata"]["name"]
        self.finish(job)
        self.comes("deployment", "bot-shop", lambda found: found["spec"]["replicas"] == 2)
        self.comes("poddisruptionbudget", "bot-shop")
        self.change("shop", suspend="Buffer")
        self.comes("deployment", "bot-shop", lambda found: found["spec"]["replicas"] == 0)
        self.change("shop", suspend=None)
        self.comes("deployment", "bot-shop", lambda found: found["spec"]["replicas"] == 2)
        # KEDA comes, with a password for Kafka.
        self.cluster.kubectl("apply", "-f", KEDA)
        self.comes("scaledobject", "bot-shop")
        self.comes("triggerauthentication", "bot-shop")
        # What is taken away again: the budget of a single worker, the account of one that has another.
        self.change("shop", scaling={"minReplicas": 0, "maxReplicas": 1})
        self.goes("poddisruptionbudget", "bot-shop")
        # A bot that is polled and goes, and everything of the first.
        self.bot("poll", updates={"mode": "Polling"}, worker={"image": "shop:1"})
        self.comes("telegrambot", "poll", lambda found: condition(found, "WebhookReady") == "Polling")
        for name in ("poll", "shop"):
            self.cluster.kubectl("-n", BOTS, "delete", "telegrambot", name, "--timeout=90s", deadline=100)
        for kind in ("deployments", "serviceaccounts", "scaledobjects", "triggerauthentications", "jobs"):
            self.assertEqual(self.cluster.kubectl("-n", BOTS, "get", kind, "-o", "name").split(), [], kind)
        self.process.stop()

        self.assertEqual(self.refused(), [])
        self.assertNotIn("Forbidden", self.process.text())
        rights = set()
        for part in ("bots", "secrets"):
            rights |= expanded(self.cluster.get("clusterrole", f"{OPERATOR}-{part}")["rules"])
        self.assertLessEqual(set(NOT_SEEN), rights)
        self.assertEqual(sorted(rights - self.used() - set(NOT_SEEN)), [], "nobody needs these rights")
        # Its Lease, and nobody else's.
        self.assertIn(("coordination.k8s.io", "leases", "update"), self.used())

    def finish(self, job):
        """Says what the Job's controller would."""
        done = {"type": "Complete", "status": "True", "lastTransitionTime": "2026-01-01T00:00:00Z"}
        path = f"/apis/batch/v1/namespaces/{BOTS}/jobs/{job}/status"
        job = json.loads(self.cluster.kubectl("get", "--raw", path))
        job["status"] = {"succeeded": 1, "conditions": [done]}
        self.cluster.kubectl("replace", "--raw", path, "-f", "-", stdin=json.dumps(job))

    def test_the_operator_runs_a_gateway_with_its_rights_and_needs_each_of_those_for_gateways(self):
        self.cluster.apply(ROUTES)
        self.addCleanup(self.cluster.kubectl, "delete", "--ignore-not-found", "crd", ROUTES["metadata"]["name"])
        # One that consists of an object of each kind but one; then that in place of some; then nothing of the operator's.
        wish = {"publicURL": "https://gate.example.org", "replicas": {"min": 2, "max": 3}, "exposure": {"type": "Ingress"}}
        self.install(gateway=wish)
        self.process = self.operator()
        kinds = ["serviceaccount", "role", "rolebinding", "service", "poddisruptionbudget", "networkpolicy"]
        for kind in [*kinds, "horizontalpodautoscaler", "ingress"]:
            self.comes(kind, "gateway-main", namespace=SYSTEM)
        found = self.comes("deployment", "gateway-main", namespace=SYSTEM)["spec"]["template"]["spec"]
        own = self.cluster.get("deployment", "-n", SYSTEM, OPERATOR)["spec"]["template"]["spec"]
        self.assertEqual(found["containers"][0]["image"], own["containers"][0]["image"], "both are of one version")
        parent = {"type": "HTTPRoute", "parentRef": {"name": "outside"}}
        self.change("main", "telegramgateway", SYSTEM, replicas={"min": 1, "max": None}, exposure=parent, networkPolicy=False)
        self.comes("httproute", "gateway-main", namespace=SYSTEM)
        for kind in ("horizontalpodautoscaler", "ingress", "poddisruptionbudget", "networkpolicy"):
            self.goes(kind, "gateway-main", namespace=SYSTEM)
        nothing = dict.fromkeys(["replicas", "exposure", "networkPolicy"])
        self.change("main", "telegramgateway", SYSTEM, **nothing, managed=False)
        for kind in ("httproute", "deployment", "service", "serviceaccount", "role", "rolebinding"):
            self.goes(kind, "gateway-main", namespace=SYSTEM)
        self.process.stop()

        self.assertEqual(self.refused(), [])
        rights = expanded(self.cluster.get("clusterrole", f"{OPERATOR}-gateways")["rules"])
        # Held to be given to gateways.
        given = {right for right in rights if right[1] in ("leases", "secrets")}
        unseen = set(NOT_SEEN) | {("telegram-serverless.io", "telegramgateways/finalizers", "update")}
        self.assertEqual(sorted(rights - self.used() - given - unseen), [], "nobody needs these rights")

    def test_an_operator_of_one_namespace_gets_by_with_its_rights_there(self):
        self.install(watchNamespace=BOTS)
        self.cluster.apply(secret(BOTS, "kafka", username="ann", password="secret"))
        self.bot("here", worker={"image": "shop:1"})
        self.bot("elsewhere", namespace="default", worker={"image": "shop:1"})
        self.process = self.operator()
        self.comes("telegrambot", "here", lambda found: condition(found, "WebhookReady") == "WebhookSet")
        self.cluster.kubectl("-n", BOTS, "delete", "telegrambot", "here", "--timeout=90s", deadline=100)
        self.process.stop()
        self.assertEqual(self.refused(), [])
        self.assertNotIn("botID", self.cluster.get("telegrambot", "-n", "default", "elsewhere")["status"])
        may = lambda *what: self.cluster.may(ACCOUNT, *what)
        self.assertTrue(may("create", "secrets", "-n", BOTS))
        self.assertFalse(may("create", "secrets", "-n", "default"))
        self.assertFalse(may("patch", "deployments.apps", "-n", "default"))

    def test_the_operator_may_make_what_a_gateway_consists_of_and_give_no_more_than_that(self):
        self.install()
        kubeconfig = self.cluster.account_kubeconfig(SYSTEM, OPERATOR)
        self.cluster.apply(ROUTES)
        self.addCleanup(self.cluster.kubectl, "delete", "--ignore-not-found", "crd", ROUTES["metadata"]["name"])
        self.cluster.kubectl("wait", "--for=condition=Established", "--timeout=60s", f"crd/{ROUTES['metadata']['name']}", deadline=70)
        objects = json.dumps({"apiVersion": "v1", "kind": "List", "items": list(gateway_objects())})
        flags = ("--server-side", "--validate=false", "-f", "-")
        self.addCleanup(self.cluster.kubectl, "delete", "--ignore-not-found", "-f", "-", stdin=objects)
        self.cluster.kubectl("apply", *flags, kubeconfig=kubeconfig, stdin=objects, deadline=120)
        self.cluster.kubectl("delete", "-f", "-", kubeconfig=kubeconfig, stdin=objects, deadline=120)
        # Who makes roles must not make himself greater.
        role = gateway_role([{"apiGroups": [""], "resources": ["pods/exec"], "verbs": ["create"]}])
        with self.assertRaises(AssertionError) as raised:
            self.cluster.kubectl("apply", *flags, kubeconfig=kubeconfig, stdin=json.dumps(role))
        self.assertIn("attempting to grant RBAC permissions not currently held", str(raised.exception))

    def test_people_may_do_with_bots_and_gateways_what_their_roles_say(self):
        self.install()
        # Nobody adds them up here, as a cluster's controller does: they are bound as they are.
        parts = {"view": ["view"], "edit": ["view", "edit"], "admin": ["view", "edit", "admin"]}
        for person, roles in parts.items():
            for role in roles:
                self.cluster.kubectl(
                    "create", "rolebinding", f"{person}-{role}", "-n", BOTS, f"--clusterrole=tgs-telegram-serverless-{role}",
                    f"--user={person}",
                )
                self.addCleanup(self.cluster.kubectl, "delete", "rolebinding", f"{person}-{role}", "-n", BOTS)
        rows = [
            ("list", "telegrambots", "view edit admin"),
            ("create", "telegrambots", "edit admin"),
            ("get", "telegramgateways", "view edit admin"),
            ("create", "telegramgateways", "admin"),
            ("patch", "telegrambots/status", ""),
        ]
        for verb, kind, people in rows:
            kind, _, subresource = kind.partition("/")
            what = [verb, f"{kind}.telegram-serverless.io", *(["--subresource", subresource] if subresource else [])]
            may = lambda: [person for person in parts if self.cluster.may(person, *what, "-n", BOTS)]
            rig.until(f"only {people or 'nobody'} may {what}", lambda: may() == people.split(), 15, explain=may)
        self.assertFalse(self.cluster.may("admin", "list", "telegrambots.telegram-serverless.io", "-n", "default"))
        for role in parts:
            labels = self.cluster.get("clusterrole", f"tgs-telegram-serverless-{role}")["metadata"]["labels"]
            added = {name.rsplit("-", 1)[-1] for name in labels if name.startswith("rbac.authorization.k8s.io/aggregate-to-")}
            self.assertEqual(added, {person for person, roles in parts.items() if role in roles})


KEDA = f"{rig.PROJECT}/Tests/NodeTests/keda.yaml"
ROUTES = {
    "apiVersion": "apiextensions.k8s.io/v1",
    "kind": "CustomResourceDefinition",
    "metadata": {
        "name": "httproutes.gateway.networking.k8s.io",
        "annotations": {"api-approved.kubernetes.io": "unapproved, for tests"},
    },
    "spec": {
        "group": "gateway.networking.k8s.io",
        "scope": "Namespaced",
        "names": {"kind": "HTTPRoute", "listKind": "HTTPRouteList", "plural": "httproutes", "singular": "httproute"},
        "versions": [
            {
                "name": "v1",
                "served": True,
                "storage": True,
                "schema": {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}},
            }
        ],
    },
}


def secret(namespace, name, **data):
    meta = {"namespace": namespace, "name": name}
    return {"apiVersion": "v1", "kind": "Secret", "metadata": meta, "stringData": data}


def condition(bot, kind):
    """The reason of a condition that is True."""
    found = [one for one in bot.get("status", {}).get("conditions", []) if one["type"] == kind]
    return found[0]["reason"] if found and found[0]["status"] == "True" else None


def gateway_role(rules):
    meta = {"namespace": SYSTEM, "name": "gate"}
    return {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role", "metadata": meta, "rules": rules}


def gateway_objects():
    """One object of each kind that a gateway consists of; its role is that of the demo's."""
    with open(f"{rig.PROJECT}/deploy/demo/rbac.yaml", encoding="utf-8") as file:
        role = next(one for one in yaml.safe_load_all(file) if one["kind"] == "Role" and one["metadata"]["name"] == "gateway")
    yield gateway_role(role["rules"])
    selector = {"matchLabels": {"app": "gate"}}
    pod = {"metadata": {"labels": {"app": "gate"}}, "spec": {"containers": [{"name": "gate", "image": "gate:1"}]}}
    group = "rbac.authorization.k8s.io"
    subject = {"kind": "ServiceAccount", "name": "gate", "namespace": SYSTEM}
    for kind, version, more in [
        ("ServiceAccount", "v1", {}),
        ("Secret", "v1", {"stringData": {"tls.crt": "", "tls.key": ""}}),
        ("Service", "v1", {"spec": {"selector": {"app": "gate"}, "ports": [{"port": 80, "protocol": "TCP"}]}}),
        ("RoleBinding", f"{group}/v1", {"roleRef": {"apiGroup": group, "kind": "Role", "name": "gate"}, "subjects": [subject]}),
        ("Deployment", "apps/v1", {"spec": {"selector": selector, "template": pod}}),
        ("PodDisruptionBudget", "policy/v1beta1", {"spec": {"selector": selector, "maxUnavailable": 1}}),
        (
            "HorizontalPodAutoscaler",
            "autoscaling/v1",
            {"spec": {"maxReplicas": 3, "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "gate"}}},
        ),
        ("NetworkPolicy", "networking.k8s.io/v1", {"spec": {"podSelector": selector}}),
        (
            "Ingress",
            "networking.k8s.io/v1",
            {"spec": {"defaultBackend": {"service": {"name": "gate", "port": {"number": 80}}}}},
        ),
        ("HTTPRoute", "gateway.networking.k8s.io/v1", {"spec": {}}),
    ]:
        yield {"apiVersion": version, "kind": kind, "metadata": {"namespace": SYSTEM, "name": "gate"}, **more}
