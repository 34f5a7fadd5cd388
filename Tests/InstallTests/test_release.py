"""The chart's life in a cluster: installed, upgraded, rolled back, uninstalled, installed again."""

import json
import shutil
import tempfile
import unittest

import yaml

import chart
import rig

NAMESPACE = "releases"
DEFINITIONS = ["telegrambots.telegram-serverless.io", "telegramgateways.telegram-serverless.io"]
BOT = {
    "apiVersion": "telegram-serverless.io/v1alpha1",
    "kind": "TelegramBot",
    "metadata": {"name": "shop", "namespace": NAMESPACE},
    "spec": {"tokenSecretRef": {"name": "shop-token"}, "worker": {"image": "shop:1"}},
}


def older_chart(folder):
    """A chart as the one before this may have been: another version, another program, a definition without a field."""
    path = shutil.copytree(rig.CHART, f"{folder}/telegram-serverless")
    with open(f"{path}/Chart.yaml", encoding="utf-8") as file:
        about = yaml.safe_load(file)
    about.update(version="0.0.1", appVersion="0.0.1")
    with open(f"{path}/Chart.yaml", "w", encoding="utf-8") as file:
        yaml.safe_dump(about, file)
    definition = f"{path}/templates/crds/telegramgateways.yaml"
    with open(definition, encoding="utf-8") as file:
        text = file.read()
    begin, end = text.index("                acknowledge:\n"), text.index("                telegram:\n")
    with open(definition, "w", encoding="utf-8") as file:
        file.write(text[:begin] + text[end:])
    # A value that came later.
    with open(f"{path}/values.schema.json", encoding="utf-8") as file:
        schema = json.load(file)
    del schema["properties"]["operator"]["properties"]["revisionHistoryLimit"]
    with open(f"{path}/values.schema.json", "w", encoding="utf-8") as file:
        json.dump(schema, file)
    with open(f"{path}/values.yaml", encoding="utf-8") as file:
        lines = [line for line in file if "revisionHistoryLimit" not in line]
    with open(f"{path}/values.yaml", "w", encoding="utf-8") as file:
        file.writelines(lines)
    return rig.run(rig.HELM, "package", path, "--destination", folder).strip().rsplit(" ", 1)[-1]


class ReleaseTests(unittest.TestCase):
    def setUp(self):
        self.cluster = rig.shared()
        self.cluster.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}})
        self.before = self.cluster.objects()

    def tearDown(self):
        # What a test has left must not fail the next one.
        self.cluster.helm("uninstall", "tgs", "--namespace", NAMESPACE, "--ignore-not-found", deadline=120)
        self.cluster.kubectl("delete", "crd", *DEFINITIONS, "--ignore-not-found", "--timeout=60s", deadline=70)

    def helm(self, command, archive=rig.CHART, values=None, *flags):
        # No pod runs here: what has been accepted is all there is to wait for.
        return self.cluster.helm(
            command, "tgs", archive, "--namespace", NAMESPACE, "-f", "-", *flags, stdin=json.dumps(values or {}), deadline=120
        )

    def left(self):
        """What there is now and was not before, but for what Helm keeps of itself."""
        return sorted(
            one
            for one in self.cluster.objects() - self.before
            if "sh.helm.release" not in one and not one.startswith("apiregistration.k8s.io")
        )

    def deployment(self):
        return self.cluster.get("deployment", "-n", NAMESPACE, "tgs-telegram-serverless-operator")

    def gateway_fields(self):
        schema = self.cluster.get("crd", DEFINITIONS[1])["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
        return set(schema["properties"]["spec"]["properties"])

    def published_fields(self):
        definitions = json.loads(self.cluster.kubectl("get", "--raw", "/openapi/v2"))["definitions"]
        return definitions["io.telegram-serverless.v1alpha1.TelegramGateway"]["properties"]["spec"]["properties"]

    def test_installed_upgraded_rolled_back_and_uninstalled_without_leftovers(self):
        with tempfile.TemporaryDirectory() as folder:
            older = older_chart(folder)
            self.helm("install", older, {"commonLabels": {"team": "bots"}})
            self.assertTrue(self.deployment()["spec"]["template"]["spec"]["containers"][0]["image"].endswith(":0.0.1"))
            self.assertNotIn("acknowledge", self.gateway_fields())
            self.cluster.kubectl("wait", "--for=condition=Established", "--timeout=60s", "crd", *DEFINITIONS, deadline=70)
            self.cluster.apply(BOT)
            uid = self.cluster.get("telegrambot", "-n", NAMESPACE, "shop")["metadata"]["uid"]

            # The new version, and a gateway, whose kind the server knows by now.
            self.helm("upgrade", rig.CHART, {"gateway": {"enabled": True, "spec": chart.GATEWAY}}, "--reset-then-reuse-values")
            self.assertFalse(self.deployment()["spec"]["template"]["spec"]["containers"][0]["image"].endswith(":0.0.1"))
            self.assertEqual(self.deployment()["metadata"]["labels"]["team"], "bots", "values of before are kept")
            self.assertEqual(self.deployment()["spec"]["revisionHistoryLimit"], 3, "new values have their defaults")
            self.assertIn("acknowledge", self.gateway_fields(), "definitions come with the upgrade")

            # Helm compares objects with what the server publishes, some time after it has taken the definition.
            rig.until(
                "the new field is published",
                lambda: "acknowledge" in self.published_fields(),
                interval=1,
            )
            # The same again, but for a field of the gateway that the old definition did not have: nothing else changes.
            version = self.deployment()["metadata"]["resourceVersion"]
            self.helm("upgrade", rig.CHART, {"gateway": {"spec": {"acknowledge": "Always"}}}, "--reset-then-reuse-values")
            self.assertEqual(self.cluster.get("telegramgateway", "-n", NAMESPACE, "main")["spec"]["acknowledge"], "Always")
            self.assertEqual(self.deployment()["metadata"]["resourceVersion"], version)

            self.cluster.helm("rollback", "tgs", "1", "--namespace", NAMESPACE, deadline=120)
            self.assertTrue(self.deployment()["spec"]["template"]["spec"]["containers"][0]["image"].endswith(":0.0.1"))
            self.assertEqual(self.cluster.get("telegramgateways", "-n", NAMESPACE)["items"], [])

            # Through all of that the bot was left alone, and it survives the release.
            self.cluster.helm("uninstall", "tgs", "--namespace", NAMESPACE, deadline=120)
            self.assertEqual(self.cluster.get("telegrambot", "-n", NAMESPACE, "shop")["metadata"]["uid"], uid)
            kept = [f"apiextensions.k8s.io/v1 CustomResourceDefinition <none> {name}" for name in DEFINITIONS]
            self.assertEqual(self.left(), [*kept, f"telegram-serverless.io/v1alpha1 TelegramBot {NAMESPACE} shop"])

            # Installed again it takes the definitions over; without keeping them it takes everything with it.
            self.helm("install", rig.CHART, {"crds": {"keep": False}})
            self.assertEqual(self.cluster.get("telegrambot", "-n", NAMESPACE, "shop")["metadata"]["uid"], uid)
            self.cluster.helm("uninstall", "tgs", "--namespace", NAMESPACE, deadline=120)
            rig.until("nothing is left", lambda: not self.left(), explain=lambda: "\n".join(self.left()))

    def test_what_is_installed_is_what_is_rendered(self):
        values = {"commonLabels": {"team": "bots"}, "networkPolicy": {"egress": [{"ports": [{"port": 443, "protocol": "TCP"}]}]}}
        self.helm("install", rig.CHART, values)
        rendered = chart.objects(chart.render(values, apis=(), namespace=NAMESPACE))
        self.assertGreater(len(rendered), 12)
        for asked in rendered:
            meta = asked["metadata"]
            where = ["-n", meta["namespace"]] if "namespace" in meta else []
            found = self.cluster.get(f"{asked['kind'].lower()}.{asked['apiVersion'].rpartition('/')[0]}".rstrip("."), *where, meta["name"])
            with self.subTest(object=f"{asked['kind']} {meta['name']}"):
                self.assertEqual(chart.dropped(asked["metadata"]["labels"], found["metadata"]["labels"]), [])
                self.assertEqual(chart.dropped(asked, found), [])

    def test_a_definition_and_its_first_object_cannot_come_together_and_the_error_says_so(self):
        with self.assertRaises(AssertionError) as raised:
            self.helm("install", rig.CHART, {"gateway": {"enabled": True, "spec": chart.GATEWAY}})
        self.assertIn("ensure CRDs are installed first", str(raised.exception))
        self.assertEqual(self.left(), [], "nothing was made")
        # The other way around: definitions by hand, then all at once.
        self.cluster.kubectl("apply", "--validate=false", "-f", f"{rig.PROJECT}/crds")
        self.cluster.kubectl("wait", "--for=condition=Established", "--timeout=60s", "crd", *DEFINITIONS, deadline=70)
        self.helm("install", rig.CHART, {"crds": {"enabled": False}, "gateway": {"enabled": True, "spec": chart.GATEWAY}})
        annotations = self.cluster.get("telegramgateway", "-n", NAMESPACE, "main")["metadata"]["annotations"]
        self.assertEqual(annotations["telegram-serverless.io/is-default-gateway"], "true")
