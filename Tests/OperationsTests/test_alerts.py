"""Each alert rule is made to fire by what it is for: a real Prometheus watches real processes, and things are broken.

Run by scripts/test-alerts.sh, which names the program in TGS. Times of the rules are shortened (monitor.py), thresholds are
not. Rules that are only tested on made-up series are named in ELSEWHERE, with the reason; monitoring/rules_test.yaml has
them.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import unittest

import monitor
from listeners import Shop, Slack, serve
from platform_rig import PROJECT, SYSTEM, Rig
from processes import free_port, until

ELSEWHERE = {
    "TelegramMemoryNearLimit": "the kubelet tells of memory, and there is none here",
    "TelegramOperatorQueueDeep": "a queue of a hundred would need as many bots and a slow API server",
}
# Where Alertmanager tells of what is critical.
CHAT = -1001234567890
# Panels of what nothing here is for, or of what others tell.
UNUSED = {
    ("gateway", "Bot API proxy"),
    ("gateway", "Results that were asked for"),
    ("platform", "Events"),
    ("platform", "Memory of the containers"),
}
# How long an alert may take to fire or to end, in seconds: far more than the windows, for a machine that is busy.
PATIENCE = 90


class Traffic:
    """People who write all the time, each in a chat of their own so that no limit of Telegram's is met."""

    def __init__(self, rig):
        self.rig, self.is_over, self.bots = rig, threading.Event(), []
        self.thread = threading.Thread(target=self.write, daemon=True)
        self.thread.start()

    def write(self):
        number = 0
        while not self.is_over.wait(0.3):
            number += 1
            for bot in list(self.bots):
                try:
                    self.rig.telegram("/messages", {"bot": bot, "user": 1000 + number % 500, "text": f"hello {number}"})
                except (AssertionError, OSError):
                    continue

    def stop(self):
        self.is_over.set()
        self.thread.join(30)


class AlertTests(unittest.TestCase):
    """One platform for all tests, which run one after the other and leave it well."""

    longMessage = True
    fired = set()

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(prefix="tgs-alerts-")
        cls.addClassCleanup(cls.clean_up)
        cls.rig = Rig(cls.folder, os.environ["TGS"])
        cls.addClassCleanup(cls.rig.stop)
        shop, slack = serve(cls.addClassCleanup, Shop), serve(cls.addClassCleanup, Slack)
        cls.rig.start_operator()
        cls.start_gateway()
        watchman = cls.rig.telegram("/bots", {"username": "watchman_bot"})
        cls.watchman = watchman["id"]
        cls.rig.telegram("/chats", {"type": "supergroup", "id": CHAT, "title": "Ops", "bots": [cls.watchman]})
        alertmanager = monitor.Alertmanager(cls.rig, watchman["token"], CHAT, slack)
        cls.prometheus = monitor.Prometheus(cls.rig, alertmanager)
        routes = [
            {"name": "closed", "match": {"commands": ["closed"]}, "service": {"url": f"http://127.0.0.1:{free_port()}/"}},
            {"name": "talk", "match": {"text": {}}, "service": {"url": shop}},
        ]
        cls.talking = cls.rig.make_bot("talking", routes=routes)["id"]
        cls.hasty = cls.rig.make_bot("hasty", updates={"acknowledge": "Always"})["id"]
        cls.traffic = Traffic(cls.rig)
        cls.addClassCleanup(cls.traffic.stop)
        cls.traffic.bots = [cls.talking, cls.hasty]

    @classmethod
    def clean_up(cls):
        kept = os.environ.get("TGS_LOG_DIR")
        if kept:
            os.makedirs(f"{kept}/alerts", exist_ok=True)
            for name in os.listdir(cls.folder):
                if name.endswith(".log"):
                    shutil.copy(os.path.join(cls.folder, name), f"{kept}/alerts/{name}")
        shutil.rmtree(cls.folder, ignore_errors=True)

    @classmethod
    def start_gateway(cls, **options):
        flags = ("--delivery-timeout", "6s", "--max-outstanding-bytes", "1048576", "--give-up-after", "10s")  # fmt: skip
        return cls.rig.start_gateway(*flags, **options)

    def setUp(self):
        self.began = time.monotonic()
        print(flush=True)

    def say(self, text):
        print(f"    [{time.monotonic() - self.began:5.1f} s] {text}", flush=True)

    def explain(self):
        return f"firing: {sorted(self.prometheus.alerts())}, pending: {sorted(self.prometheus.alerts('pending'))}\n" + (
            self.rig.explain()
        )

    def expect(self, *names, deadline=PATIENCE):
        """Until each of these alerts has fired; gives the alerts."""
        found = {}

        def have_fired():
            for name, alerts in self.prometheus.alerts().items():
                if name in names and name not in found:
                    self.say(f"{name}: {alerts[0]['annotations']['summary']}")
                    found[name] = alerts
            return len(found) == len(names)

        until(f"{', '.join(names)} fire", have_fired, deadline, explain=self.explain)
        AlertTests.fired |= found.keys()
        return found

    def expect_quiet(self, deadline=PATIENCE):
        """Until no alert fires or is about to."""

        def is_quiet():
            return not self.prometheus.alerts() and not self.prometheus.alerts("pending")

        until("no alert fires", is_quiet, deadline, explain=self.explain)
        self.say("quiet")

    # In the order of their names.

    def test_1_all_is_quiet_while_all_is_well(self):
        ready = "up == 1"
        until("both parts are scraped", lambda: len(self.prometheus.query(ready)) == 2, explain=self.explain)
        labels = {(one["metric"]["job"], one["metric"].get("gateway")) for one in self.prometheus.query(ready)}
        self.assertEqual(labels, {("tgs-operator", None), ("tgs-gateway", "main")})
        answered = 'tgs_gateway_outgoing_total{result="delivered"} > 10'
        until("people are answered", lambda: self.prometheus.query(answered), explain=self.explain)
        self.expect_quiet()

    def test_1_each_metric_that_is_named_is_exported(self):
        files = []
        for part in self.rig.parts:
            files.append(os.path.join(self.folder, f"{part}.metrics"))
            with open(files[-1], "w", encoding="utf-8") as file:
                file.write(self.rig.metrics(part))
        command = [sys.executable, "-B", f"{PROJECT}/scripts/check-monitoring.py", "--exported", *files]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        self.assertEqual((done.returncode, done.stdout + done.stderr), (0, ""))

    def test_2_a_broker_that_stands_still(self):
        secret = self.rig.webhook_secret(self.talking)
        self.rig.broker.freeze()
        self.addCleanup(self.rig.broker.thaw)
        # What waits for it fills the memory that requests may have.
        stop = threading.Event()
        self.addCleanup(stop.set)

        def post(number):
            while not stop.wait(0.2):
                text = "x" * 300_000
                message = {"message_id": number, "chat": {"id": number}, "text": text}
                body = {"update_id": int(time.time() * 1000) * 10 + number, "channel_post": message}
                self.rig.webhook(self.talking, body, secret)

        for number in range(8):
            threading.Thread(target=post, args=(number,), daemon=True).start()
        self.expect(
            "TelegramWebhooksRefused", "TelegramWebhooksSlow", "TelegramUpdatesLost", "TelegramGatewayCrowded",
            "TelegramReconcilesFailing",
        )  # fmt: skip
        stop.set()
        self.rig.broker.thaw()
        self.expect_quiet()

    def test_3_a_bot_api_that_fails(self):
        self.addCleanup(self.rig.forget_faults)
        self.rig.telegram("/faults", {"method": "sendMessage", "error_code": 502, "body": "<html>Bad Gateway</html>"})
        # Tried for longer than --give-up-after, answers become dead letters.
        self.expect("TelegramAnswersStuck", "TelegramDeadLetters")
        self.rig.forget_faults()
        self.rig.telegram("/faults", {"method": "sendMessage", "delay_ms": 12000})
        self.expect("TelegramAnswersLate")
        self.rig.forget_faults()
        self.expect_quiet()

    def test_4_strangers_services_redis_and_bindings(self):
        stop = threading.Event()
        self.addCleanup(stop.set)

        def disturb():
            number = 0
            while not stop.wait(0.3):
                number += 1
                self.rig.webhook(self.talking, {"update_id": 1}, "wrong")
                self.rig.webhook(4711, {"update_id": 1}, "wrong")
                message = {"bot": self.talking, "user": 3000 + number, "text": "/closed"}
                self.rig.telegram("/messages", message)

        threading.Thread(target=disturb, daemon=True).start()
        self.rig.redis.stop()
        name = f"binding-bot-{self.talking}"
        broken = json.dumps({"stringData": {"incoming_topic": "", "token": ""}})
        self.expect(
            "TelegramWebhookSecretsWrong", "TelegramWebhooksUnknownBot", "TelegramRouteCircuitOpen", "TelegramRedisAway"
        )
        self.rig.plane.kubectl("-n", SYSTEM, "patch", "secret", name, "-p", broken)
        self.expect("TelegramBindingsMalformed")
        stop.set()
        self.rig.redis.start()
        self.expect_quiet()

    def test_5_polling(self):
        polled = self.rig.make_bot("polled", updates={"mode": "Polling"})["id"]
        self.traffic.bots.append(polled)
        self.addCleanup(self.traffic.bots.remove, polled)
        until("the bot is polled", lambda: self.prometheus.query("sum(tgs_gateway_polled_bots) == 1"), explain=self.explain)
        accepted = "tgs_gateway_polled_updates_total > 3"
        until("its updates are asked for", lambda: self.prometheus.query(accepted), explain=self.explain)
        self.addCleanup(self.rig.forget_faults)
        self.rig.telegram("/faults", {"method": "getUpdates", "error_code": 409, "description": "Conflict: terminated"})
        self.expect("TelegramPollsFailing")
        self.rig.forget_faults()
        # A gateway that may not touch Leases polls nothing.
        self.rig.parts["gateway"].stop()
        self.start_gateway(kubeconfig=self.rig.plane.limited_kubeconfig)
        self.prometheus.tell_pods()
        self.expect("TelegramPollingStopped")
        self.rig.plane.kubectl("-n", "bots", "delete", "telegrambot", "polled", "--wait=false")
        self.rig.parts["gateway"].stop()
        self.start_gateway()
        self.prometheus.tell_pods()
        self.expect_quiet()

    def test_5_z_dashboards_show_what_has_happened(self):
        """After all that, hardly a panel is empty: their labels are those that there are."""
        empty = set()
        for name in ("platform", "gateway", "bots"):
            with open(f"{monitor.FOLDER}/dashboards/{name}.json", encoding="utf-8") as file:
                panels = json.load(file)["panels"]
            for panel in panels:
                for target in panel.get("targets", []):
                    expression = re.sub(r"\$__(rate_interval|range)", "10m", target["expr"])
                    expression = expression.replace('"$namespace"', '".*"').replace('"$gateway"', '".*"')
                    expression = expression.replace('"$bot"', '".*"')
                    # Whether there is anything to show: not what there is now.
                    expression = re.sub(r" > 0\b", "", expression)
                    if not self.prometheus.query(expression):
                        empty.add((name, panel["title"]))
        self.assertEqual(empty - UNUSED, set())

    def test_6_no_leader(self):
        self.rig.parts["operator"].stop()
        lease = json.loads(self.rig.plane.kubectl("-n", SYSTEM, "get", "leases", "-o", "json"))["items"]
        name = next(one["metadata"]["name"] for one in lease if "shard" not in one["metadata"]["name"])
        now = time.strftime("%Y-%m-%dT%H:%M:%S.000000Z", time.gmtime())
        spec = {"holderIdentity": "somebody", "leaseDurationSeconds": 3600, "renewTime": now, "acquireTime": now}
        self.rig.plane.kubectl("-n", SYSTEM, "patch", "lease", name, "--type=merge", "-p", json.dumps({"spec": spec}))
        self.rig.start_operator()
        self.prometheus.tell_pods()
        self.expect("TelegramNoLeader")
        self.rig.plane.kubectl("-n", SYSTEM, "delete", "lease", name)
        self.expect_quiet()

    def test_7_parts_and_api_server_that_are_gone(self):
        self.rig.start_gateway(name="second", port=free_port())
        self.prometheus.tell_pods()
        self.rig.parts["second"].kill()
        self.expect("TelegramGatewayDown")
        self.assertNotIn("TelegramNoGateway", self.prometheus.alerts())
        del self.rig.parts["second"]
        self.prometheus.tell_pods()
        self.rig.plane.api.kill()
        self.expect("TelegramKubernetesUnreachable")
        self.rig.parts["gateway"].kill()
        self.rig.parts["operator"].kill()
        self.expect("TelegramNoGateway", "TelegramNoOperator")

        # Of all that people have been told: what is critical in the chat, and everything at Slack.
        def in_the_chat():
            sent = self.rig.telegram(f"/sent?bot={self.watchman}&limit=1000")
            return all(any(name in call["text"] for call in sent) for name in ("TelegramNoGateway", "TelegramNoLeader"))

        until("the chat hears of it", in_the_chat, PATIENCE, explain=self.explain)
        until("Slack hears of it", lambda: any("TelegramNoGateway" in text for text in Slack.told), PATIENCE)
        texts = [call["text"] for call in self.rig.telegram(f"/sent?bot={self.watchman}&limit=1000")]
        first = next(text for text in texts if "TelegramNoGateway" in text)
        self.assertIn("[critical] TelegramNoGateway at main", first)
        self.assertIn("No replica of the gateway tgs-system/main answers", first)
        self.assertIn("docs/runbooks/TelegramNoGateway.md", first)
        self.assertTrue(any("TelegramRedisAway" in text for text in Slack.told))
        self.assertFalse(any("TelegramRedisAway" in text for text in texts), "a warning is in the chat")

    def test_8_every_rule_has_fired(self):
        rules = monitor.rules()
        self.assertEqual(sorted(rules.keys() - AlertTests.fired), sorted(ELSEWHERE))


if __name__ == "__main__":
    unittest.main(verbosity=2)
