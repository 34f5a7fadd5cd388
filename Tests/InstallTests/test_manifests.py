"""What is installed without Helm: deploy/manifests, and Kafka and Redis for development."""

import json
import os
import tempfile
import unittest

import chart
import rig

# Where docs/install.md says that it is.
IMAGE_FLAG = "/spec/template/spec/containers/0/args/2"


class ManifestTests(unittest.TestCase):
    def setUp(self):
        self.cluster = rig.shared()

    def kustomized(self, folder):
        # The API server of these tests knows the first version of PodDisruptionBudgets alone, and no rules of schemas.
        text = self.cluster.kubectl("kustomize", folder).replace("policy/v1\n", "policy/v1beta1\n")
        return chart.objects(text)

    def test_the_manifests_are_the_charts(self):
        # But for what is of Helm alone.
        def plain(one):
            for label in ("helm.sh/chart", "app.kubernetes.io/managed-by"):
                one["metadata"]["labels"].pop(label, None)
            return json.dumps(one, sort_keys=True)

        rendered = chart.objects(
            chart.render({"crds": {"keep": False}}, kubernetes="1.35.0", apis=(), release="telegram-serverless", namespace="tgs-system")
        )
        text = self.cluster.kubectl("kustomize", f"{rig.PROJECT}/deploy/manifests")
        found = [plain(one) for one in chart.objects(text) if one["kind"] != "Namespace"]
        self.assertEqual(sorted(found), sorted(plain(one) for one in rendered))

    def test_they_are_applied_changed_and_deleted_by_an_overlay(self):
        before = self.cluster.objects()
        with tempfile.TemporaryDirectory(dir=rig.PROJECT) as folder:
            overlay = {
                "apiVersion": "kustomize.config.k8s.io/v1beta1",
                "kind": "Kustomization",
                "namespace": "elsewhere",
                "resources": ["../deploy/manifests"],
                "images": [{"name": "tgs.local/tgs", "newName": "registry.example.org/tgs", "newTag": "1.2.3"}],
                "patches": [
                    {
                        "target": {"kind": "Deployment", "name": "telegram-serverless-operator"},
                        "patch": json.dumps([{"op": "replace", "path": IMAGE_FLAG, "value": "--image=registry.example.org/tgs:1.2.3"}]),
                    }
                ],
            }
            with open(os.path.join(folder, "kustomization.yaml"), "w", encoding="utf-8") as file:
                json.dump(overlay, file)
            objects = self.kustomized(folder)
        body = json.dumps({"apiVersion": "v1", "kind": "List", "items": objects})
        namespace = [one for one in objects if one["kind"] == "Namespace"]
        self.addCleanup(self.cluster.kubectl, "delete", "--ignore-not-found", "-f", "-", stdin=without(body, "Namespace"), deadline=120)
        self.cluster.apply(*namespace)
        self.cluster.kubectl("apply", "--validate=false", "-f", "-", stdin=body, deadline=120)
        deployment = self.cluster.get("deployment", "-n", "elsewhere", "telegram-serverless-operator")
        container = deployment["spec"]["template"]["spec"]["containers"][0]
        self.assertEqual(container["image"], "registry.example.org/tgs:1.2.3")
        flags = [one for one in container["args"] if one.startswith("--image=")]
        self.assertEqual(flags, ["--image=registry.example.org/tgs:1.2.3"])
        self.assertEqual(chart.restricted(deployment["spec"]["template"]), [])
        account = "system:serviceaccount:elsewhere:telegram-serverless-operator"
        may = lambda: self.cluster.may(account, "create", "secrets", "-n", "default")
        rig.until("the account has its rights in another namespace, too", may, 15)
        # A namespace stays here: what collects it is not there.
        self.cluster.kubectl("delete", "-f", "-", stdin=without(body, "Namespace"), deadline=120)
        left = [one for one in self.cluster.objects() - before if not one.startswith("apiregistration.k8s.io")]
        self.assertEqual(left, ["v1 Namespace <none> elsewhere"])

    def test_kafka_and_redis_for_development_are_taken_by_the_server(self):
        objects = self.kustomized(f"{rig.PROJECT}/deploy/infra")
        self.assertEqual({one["kind"] for one in objects}, {"Namespace", "Service", "StatefulSet", "Deployment"})
        self.cluster.apply(*(one for one in objects if one["kind"] == "Namespace"))
        chart.dry_run(self.cluster, objects)
        for one in objects:
            if one["kind"] in ("StatefulSet", "Deployment"):
                self.assertEqual(chart.restricted(one["spec"]["template"]), [], one["metadata"]["name"])


def without(body, kind):
    body = json.loads(body)
    body["items"] = [one for one in body["items"] if one["kind"] != kind]
    return json.dumps(body)
