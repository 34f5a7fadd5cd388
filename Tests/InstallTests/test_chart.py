"""Each value of the chart: what it is for it does, what it must not be it cannot, and what comes of it the API server takes."""

import json
import unittest

import yaml

import chart
import rig

# Other settings than by default, for each value: (the value, what else must be set for it to have a meaning).
SAMPLES = {
    "nameOverride": ("telegram", {}),
    "fullnameOverride": ("bots-platform", {}),
    "commonLabels": ({"team": "bots"}, {}),
    "imagePullSecrets": ([{"name": "registry"}], {}),
    "image.repository": ("registry.example.org/tgs", {}),
    "image.tag": ("1.2.3", {}),
    "image.digest": ("sha256:" + "ab" * 32, {}),
    "image.pullPolicy": ("Always", {}),
    "crds.enabled": (False, {}),
    "crds.keep": (False, {}),
    "rbac.create": (False, {}),
    "rbac.aggregate": (False, {}),
    "serviceAccount.create": (False, {}),
    "serviceAccount.name": ("robot", {}),
    "serviceAccount.annotations": ({"example.org/role": "bots"}, {}),
    "operator.replicas": (3, {}),
    "operator.logLevel": ("debug", {}),
    "operator.watchNamespace": ("bots", {}),
    "operator.gatewayNamespaces": (["bots", "gates"], {"operator": {"watchNamespace": "bots"}}),
    "operator.extraArgs": (["--workers=48"], {}),
    "operator.extraEnv": ([{"name": "TGS_WORKERS", "value": "48"}], {}),
    "operator.extraEnvFrom": ([{"configMapRef": {"name": "settings"}}], {}),
    "operator.extraVolumes": ([{"name": "ca", "secret": {"secretName": "ca"}}], {}),
    "operator.extraVolumeMounts": (
        [{"name": "ca", "mountPath": "/ca", "readOnly": True}],
        {"operator": {"extraVolumes": [{"name": "ca", "secret": {"secretName": "ca"}}]}},
    ),
    "operator.resources": ({"requests": {"cpu": "2", "memory": "1Gi"}, "limits": {"memory": "2Gi"}}, {}),
    "operator.annotations": ({"example.org/owner": "bots"}, {}),
    "operator.podAnnotations": ({"example.org/owner": "bots"}, {}),
    "operator.podLabels": ({"tier": "control"}, {}),
    "operator.priorityClassName": ("system-cluster-critical", {}),
    "operator.nodeSelector": ({"kubernetes.io/arch": "amd64"}, {}),
    "operator.tolerations": ([{"key": "control", "operator": "Exists", "effect": "NoSchedule"}], {}),
    "operator.affinity": (
        {"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [
            {"topologyKey": "kubernetes.io/hostname", "labelSelector": {"matchLabels": {"a": "b"}}}]}},
        {},
    ),
    "operator.topologySpreadConstraints": (
        [
            {"maxSkew": 1, "topologyKey": "topology.kubernetes.io/zone", "whenUnsatisfiable": "ScheduleAnyway"},
            {"maxSkew": 2, "topologyKey": "kubernetes.io/hostname", "whenUnsatisfiable": "DoNotSchedule",
             "labelSelector": {"matchLabels": {"a": "b"}}},
        ],
        {},
    ),
    "operator.updateStrategy": ({"type": "Recreate", "rollingUpdate": None}, {}),
    "operator.revisionHistoryLimit": (10, {}),
    "operator.terminationGracePeriodSeconds": (120, {}),
    "operator.podSecurityContext": ({"runAsUser": 1000}, {}),
    "operator.securityContext": ({"runAsUser": 1000}, {}),
    "leaderElection.enabled": (False, {"operator": {"replicas": 1}}),
    "leaderElection.namespace": ("bots", {}),
    "podDisruptionBudget.enabled": (False, {}),
    "podDisruptionBudget.maxUnavailable": ("50%", {}),
    "networkPolicy.enabled": (False, {}),
    "networkPolicy.metricsFrom": ([{"namespaceSelector": {"matchLabels": {"name": "monitoring"}}}], {}),
    "networkPolicy.egress": ([{"ports": [{"port": 443, "protocol": "TCP"}]}], {}),
    "metrics.podMonitor.enabled": (True, {}),
    "metrics.podMonitor.labels": ({"release": "prometheus"}, {"metrics": {"podMonitor": {"enabled": True}}}),
    "metrics.podMonitor.interval": ("15s", {"metrics": {"podMonitor": {"enabled": True}}}),
    "metrics.serviceMonitor.enabled": (True, {}),
    "metrics.serviceMonitor.labels": ({"release": "prometheus"}, {"metrics": {"serviceMonitor": {"enabled": True}}}),
    "metrics.serviceMonitor.interval": ("15s", {"metrics": {"serviceMonitor": {"enabled": True}}}),
    "gateway.enabled": (True, {"gateway": {"spec": chart.GATEWAY}}),
    "gateway.name": ("second", {"gateway": {"enabled": True, "spec": chart.GATEWAY}}),
    "gateway.default": (False, {"gateway": {"enabled": True, "spec": chart.GATEWAY}}),
    "gateway.annotations": ({"example.org/owner": "bots"}, {"gateway": {"enabled": True, "spec": chart.GATEWAY}}),
    "gateway.labels": ({"team": "bots"}, {"gateway": {"enabled": True, "spec": chart.GATEWAY}}),
    "gateway.spec": (
        {"acknowledge": "Always", "telegram": {"apiBaseURL": "http://bot-api:8081"}},
        {"gateway": {"enabled": True, "spec": chart.GATEWAY}},
    ),
}

# Values that are refused, and what is said of them.
REFUSED = [
    ({"operator": {"replica": 3}}, "replica"),
    ({"operater": {}}, "operater"),
    ({"operator": {"replicas": "many"}}, "replicas"),
    ({"operator": {"logLevel": "loud"}}, "logLevel"),
    ({"operator": {"watchNamespace": "Bots"}}, "watchNamespace"),
    ({"image": {"digest": "latest"}}, "digest"),
    ({"image": {"repository": ""}}, "repository"),
    ({"commonLabels": {"app.kubernetes.io/name": "mine"}}, "app.kubernetes.io/name"),
    ({"podDisruptionBudget": {"maxUnavailable": "all"}}, "maxUnavailable"),
    ({"gateway": {"enabled": True}}, "publicURL"),
    ({"leaderElection": {"enabled": False}}, "leaderElection.enabled"),
]


def values_of(mapping, prefix=""):
    """Names of values.yaml that its comments describe: those of SAMPLES, and no less."""
    for name, value in mapping.items():
        path = prefix + name
        if path in SAMPLES or not isinstance(value, dict) or not value:
            yield path
        else:
            yield from values_of(value, path + ".")


class ChartTests(unittest.TestCase):
    def test_lint_has_nothing_to_say(self):
        for values in ({}, {"gateway": {"enabled": True, "spec": chart.GATEWAY}}):
            rig.run(rig.HELM, "lint", "--strict", "--quiet", rig.CHART, "-f", "-", stdin=json.dumps(values))

    def test_what_is_misspelt_or_contradicts_itself_is_refused(self):
        for values, words in REFUSED:
            with self.subTest(values=values):
                with self.assertRaises(AssertionError) as raised:
                    chart.render(values)
                self.assertIn(words, str(raised.exception).split(" ended with ", 1)[1])

    def test_each_value_does_something_that_the_server_takes(self):
        with open(f"{rig.CHART}/values.yaml", encoding="utf-8") as file:
            defaults = yaml.safe_load(file)
        self.assertEqual(sorted(values_of(defaults)), sorted(SAMPLES), "each value has one sample in this test")
        texts = {}

        def rendered(values):
            key = json.dumps(values, sort_keys=True)
            if key not in texts:
                texts[key] = chart.render(values)
            return texts[key]

        for path, (value, besides) in SAMPLES.items():
            with self.subTest(value=path):
                before = rendered(besides)
                self.assertNotEqual(before, rendered(chart.merged(besides, chart.nested(path, value))), "it does nothing")
        self.check_with_server([chart.objects(text) for text in texts.values()])

    def test_all_together_is_taken_by_the_server(self):
        # Each value laid over those before it.
        everything = {}
        for path, (value, besides) in SAMPLES.items():
            if path not in ("crds.enabled", "rbac.create", "rbac.aggregate", "serviceAccount.create", "leaderElection.enabled"):
                everything = chart.merged(everything, besides, chart.nested(path, value))
        for name in ("podDisruptionBudget", "networkPolicy"):
            everything[name]["enabled"] = True
        self.check_with_server([chart.objects(chart.render(everything))])

    def check_with_server(self, renderings):
        """Objects that are the same in several renderings are looked at once; definitions are, when they are installed."""
        distinct = {
            json.dumps(one, sort_keys=True): one
            for rendering in renderings
            for one in rendering
            if one["kind"] != "CustomResourceDefinition"
        }
        chart.dry_run(rig.shared(), list(distinct.values()))

    def test_pod_security_restricted_lets_the_pods_in(self):
        deployment = chart.named(chart.objects(chart.render()), "Deployment", "-operator")
        self.assertEqual(chart.restricted(deployment["spec"]["template"]), [])
        container = deployment["spec"]["template"]["spec"]["containers"][0]
        self.assertTrue(container["securityContext"]["readOnlyRootFilesystem"])
        loose = chart.render({"operator": {"podSecurityContext": {"runAsNonRoot": None}}})
        template = chart.named(chart.objects(loose), "Deployment", "-operator")["spec"]["template"]
        self.assertEqual(chart.restricted(template), ["operator: root"])

    def test_the_definitions_are_those_of_crds(self):
        for version, has_rules in (("1.31.0", True), ("1.25.0", True), ("1.24.9", False)):
            found = [one for one in chart.objects(chart.render(kubernetes=version)) if one["kind"] == "CustomResourceDefinition"]
            self.assertEqual(len(found), 2)
            for one in found:
                with open(f"{rig.PROJECT}/crds/{one['spec']['names']['plural']}.yaml", encoding="utf-8") as file:
                    source = yaml.safe_load(file)["spec"]
                self.assertEqual(one["spec"], source if has_rules else without_rules(source))
                self.assertEqual(one["metadata"]["annotations"], {"helm.sh/resource-policy": "keep"})

    def test_kinds_that_the_server_does_not_know_are_left_out(self):
        values = {"metrics": {"podMonitor": {"enabled": True}, "serviceMonitor": {"enabled": True}}}
        kinds = lambda apis: {one["kind"] for one in chart.objects(chart.render(values, apis=apis))}
        self.assertEqual(kinds(chart.MONITORS) - kinds(()), {"PodMonitor", "ServiceMonitor", "Service"})
        budget = lambda version: chart.named(chart.objects(chart.render(kubernetes=version)), "PodDisruptionBudget")
        self.assertEqual(budget("1.20.2")["apiVersion"], "policy/v1beta1")
        self.assertEqual(budget("1.21.0")["apiVersion"], "policy/v1")

    def test_secrets_are_written_in_named_namespaces_alone_when_one_is_watched(self):
        values = {"operator": {"watchNamespace": "bots", "gatewayNamespaces": ["gates"]}}
        writing = {"create", "update", "patch", "delete"}
        found = {}
        for one in chart.objects(chart.render(values)):
            if one["kind"] in ("Role", "ClusterRole") and one["metadata"]["name"].startswith("tgs-telegram-serverless-operator"):
                verbs = {
                    verb for rule in one["rules"] for verb in rule["verbs"] if verb in writing and "leases" not in rule["resources"]
                }
                namespace = one["metadata"].get("namespace", "all")
                found.setdefault(namespace, set()).update(verbs)
        self.assertEqual(found.pop("all"), set())
        # In the release's own there is the Lease, and nothing else.
        self.assertEqual(found.pop("tgs"), set())
        # There it is the bindings of bots alone.
        self.assertEqual(found.pop("gates"), {"create", "patch", "delete"})
        self.assertEqual(found, {"bots": writing})

    @classmethod
    def setUpClass(cls):
        cluster = rig.shared()
        cluster.apply(*namespaces(), *monitors())
        cluster.kubectl("apply", "--validate=false", "-f", f"{rig.PROJECT}/crds")
        cluster.kubectl("wait", "--for=condition=Established", "--timeout=60s", "-f", f"{rig.PROJECT}/crds", deadline=70)
        names = [one["metadata"]["name"] for one in monitors()]
        cluster.kubectl("wait", "--for=condition=Established", "--timeout=60s", *[f"crd/{name}" for name in names], deadline=70)

    @classmethod
    def tearDownClass(cls):
        cluster = rig.shared()
        cluster.kubectl("delete", "--timeout=60s", "-f", f"{rig.PROJECT}/crds", deadline=70)
        cluster.kubectl("delete", "--timeout=60s", "crd", *[one["metadata"]["name"] for one in monitors()], deadline=70)


def without_rules(schema):
    if isinstance(schema, dict):
        return {name: without_rules(value) for name, value in schema.items() if name != "x-kubernetes-validations"}
    return [without_rules(one) for one in schema] if isinstance(schema, list) else schema


def namespaces():
    return [{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}} for name in ("tgs", "bots", "gates")]


def monitors():
    """The Prometheus operator's kinds, without it."""
    for kind in ("PodMonitor", "ServiceMonitor"):
        plural = kind.lower() + "s"
        schema = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
        yield {
            "apiVersion": "apiextensions.k8s.io/v1",
            "kind": "CustomResourceDefinition",
            "metadata": {"name": f"{plural}.monitoring.coreos.com"},
            "spec": {
                "group": "monitoring.coreos.com",
                "scope": "Namespaced",
                "names": {"kind": kind, "listKind": f"{kind}List", "plural": plural, "singular": kind.lower()},
                "versions": [{"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": schema}}],
            },
        }
