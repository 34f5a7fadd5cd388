"""A real Prometheus that watches the platform of a test with the configuration and the rules of monitoring/.

Both are copied with their times made short. Debian's Prometheus is built without Kubernetes' API, so the copy reads the
pods from a file, with the labels that discovery in a cluster gives them; what becomes of these labels is the real thing.
"""

import json
import os
import re
import urllib.parse

import yaml
from platform_rig import PROJECT, SYSTEM, http
from processes import Server, free_port

FOLDER = f"{PROJECT}/monitoring"
SECONDS = {"s": 1, "m": 60, "h": 3600}
# A minute of `for` becomes a second, one of a window two; no window is shorter than ten scrapes, or longer than twenty.
FOR_FACTOR, WINDOW_FACTOR = 1 / 60, 1 / 30


def load(name):
    with open(f"{FOLDER}/{name}", encoding="utf-8") as file:
        return yaml.safe_load(file)


def rules():
    """All rules by name."""
    return {rule["alert"]: rule for group in load("rules.yaml")["groups"] for rule in group["rules"]}


def shorter(duration, factor, least, most):
    """A duration as Prometheus writes it, made shorter."""
    match = re.fullmatch(r"(\d+)([smh])", duration)
    return f"{min(most, max(least, round(int(match[1]) * SECONDS[match[2]] * factor)))}s"


def shortened_rules():
    def window(match):
        step = f":{shorter(match[2], WINDOW_FACTOR, 1, 1)}" if match[2] else ""
        return f"[{shorter(match[1], WINDOW_FACTOR, 10, 20)}{step}]"

    document = load("rules.yaml")
    for group in document["groups"]:
        for rule in group["rules"]:
            rule["expr"] = re.sub(r"\[(\w+)(?::(\w+))?\]", window, rule["expr"])
            if "for" in rule:
                rule["for"] = shorter(rule["for"], FOR_FACTOR, 2, 10)
    return document


class Alertmanager:
    """Tells of alerts as examples/alertmanager does, into a chat at the simulator and to a Slack of the test's."""

    def __init__(self, rig, token, chat, slack_url):
        self.folder = os.path.join(rig.folder, "alertmanager")
        os.mkdir(self.folder)
        example = f"{PROJECT}/examples/alertmanager"
        with open(f"{example}/alertmanager.yaml", encoding="utf-8") as file:
            config = yaml.safe_load(file)
        with open(f"{self.folder}/slack-url", "w", encoding="utf-8") as file:
            file.write(slack_url)
        config["global"]["slack_api_url_file"] = f"{self.folder}/slack-url"
        config["templates"] = [f"{example}/messages.tmpl"]
        for route in (config["route"], *config["route"]["routes"]):
            route["group_wait"] = "1s"
        config["route"]["group_interval"] = "1s"
        for receiver in config["receivers"]:
            for telegram in receiver.get("telegram_configs", []):
                telegram |= {"bot_token": token, "chat_id": chat, "api_url": f"http://127.0.0.1:{rig.api_port}"}
        with open(f"{self.folder}/alertmanager.yaml", "w", encoding="utf-8") as file:
            json.dump(config, file)
        self.address = f"127.0.0.1:{free_port()}"
        server = Server(
            rig.folder, "alertmanager", "/usr/bin/prometheus-alertmanager",
            f"--config.file={self.folder}/alertmanager.yaml", f"--storage.path={self.folder}/data",
            f"--web.listen-address={self.address}", "--cluster.listen-address=", "--log.level=warn",
        )  # fmt: skip
        rig.others.append(server)
        server.wait_until("ready", lambda: http(f"http://{self.address}/-/ready")[0] == 200)


class Prometheus:
    """Watches the parts of a rig; alerts are asked for by its API."""

    def __init__(self, rig, alertmanager):
        self.rig, self.folder = rig, os.path.join(rig.folder, "prometheus")
        os.mkdir(self.folder)
        config = load("prometheus.yaml")
        config["global"] = {"scrape_interval": "1s", "scrape_timeout": "1s", "evaluation_interval": "1s"}
        for scrape in config["scrape_configs"]:
            del scrape["kubernetes_sd_configs"]
            scrape["file_sd_configs"] = [{"files": [f"{self.folder}/pods.json"], "refresh_interval": "1s"}]
        config["alerting"] = {"alertmanagers": [{"static_configs": [{"targets": [alertmanager.address]}]}]}
        self.write("prometheus.json", config)
        self.write("rules.yaml", shortened_rules())
        os.rename(f"{self.folder}/prometheus.json", f"{self.folder}/prometheus.yaml")
        self.tell_pods()
        self.url = f"http://127.0.0.1:{free_port()}"
        self.server = Server(
            rig.folder, "prometheus", "/usr/bin/prometheus", f"--config.file={self.folder}/prometheus.yaml",
            f"--storage.tsdb.path={self.folder}/data", f"--web.listen-address={self.url[7:]}", "--log.level=warn",
        )  # fmt: skip
        rig.others.append(self.server)
        self.server.wait_until("ready", lambda: http(f"{self.url}/-/ready")[0] == 200)

    def write(self, name, document):
        """As JSON, which YAML understands; whole or not at all, as Prometheus may read it at any time."""
        path = f"{self.folder}/{name}"
        with open(f"{path}.new", "w", encoding="utf-8") as file:
            json.dump(document, file)
        os.rename(f"{path}.new", path)

    def tell_pods(self):
        """Which pods there are, those that are to be passed over among them."""
        targets = [self.target(name, part.component, part.health) for name, part in self.rig.parts.items()]
        targets.append(self.target("worker", "worker", 1))
        targets.append(self.target("migrated", "gateway", 1, phase="Succeeded"))
        targets.append(self.target("of-others", "operator", 1, part_of="others"))
        self.write("pods.json", targets)

    @staticmethod
    def target(name, component, port, phase="Running", part_of="telegram-serverless"):
        meta = "__meta_kubernetes_"
        label = f"{meta}pod_label_app_kubernetes_io_"
        # A gateway's pods are those that the operator labels; the operator's those of an installation.
        whose = {f"{label}managed_by": part_of} if component == "gateway" else {f"{label}part_of": part_of}
        gateway = {f"{meta}pod_label_telegram_serverless_io_gateway": "main"} if component == "gateway" else {}
        return {
            "targets": [f"127.0.0.1:{port}"],
            "labels": {
                f"{meta}namespace": SYSTEM,
                f"{meta}pod_name": name,
                f"{meta}pod_phase": phase,
                f"{meta}pod_container_port_name": "health",
                f"{label}component": component,
                **whose,
                **gateway,
            },
        }

    def get(self, path):
        status, text = http(f"{self.url}/api/v1/{path}")
        if status != 200:
            raise AssertionError(f"Prometheus answers {status} to {path}: {text}")
        return json.loads(text)["data"]

    def alerts(self, state="firing"):
        """Labels of the alerts that fire, by the names of their rules."""
        found = {}
        for alert in self.get("alerts")["alerts"]:
            if alert["state"] == state:
                found.setdefault(alert["labels"]["alertname"], []).append(alert)
        return found

    def query(self, expression):
        return self.get(f"query?query={urllib.parse.quote(expression)}")["result"]
