"""An installation whose cluster is lost, and that is made again from a backup as docs/backup.md says.

Run by scripts/test-backup.sh, which names the program in TGS. Kafka and Telegram stay; of Kubernetes nothing does.
"""

import json
import os
import shutil
import stat
import tempfile
import unittest

from listeners import Shop, serve
from platform_rig import KUBECTL, PROJECT, SYSTEM, Rig, http as call
from processes import run, until


class RestoreTests(unittest.TestCase):
    longMessage = True

    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="tgs-backup-")
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.rig = Rig(self.folder, os.environ["TGS"])
        self.addCleanup(self.rig.stop)
        self.shop = serve(self.addCleanup, Shop)
        self.backup = os.path.join(self.folder, "backup.json")

    def run_backup(self, command):
        os.environ["KUBECTL"] = KUBECTL
        kubeconfig = self.rig.plane.kubeconfig
        return run(f"{PROJECT}/scripts/backup.py", command, self.backup, "--kubeconfig", kubeconfig)

    def say(self, bot, *texts):
        for text in texts:
            self.rig.telegram("/messages", {"bot": bot, "user": 5, "text": text})

    def answers(self, bot):
        return len(self.rig.telegram(f"/sent?bot={bot}&limit=1000"))

    def poll(self, token, offset=0):
        """What a bot of a framework gets through the gateway's proxy: texts by the updates' numbers."""
        url = f"http://127.0.0.1:{self.rig.proxy_port}/bot{token}/getUpdates?timeout=1&offset={offset}"
        status, text = call(url, deadline=30)
        if status != 200:
            return {}
        return {one["update_id"]: one["message"]["text"] for one in json.loads(text)["result"]}

    def poll_until(self, token, texts, offset=0):
        found = {}

        def have_all():
            found.clear()
            found.update(self.poll(token, offset))
            return sorted(found.values()) == sorted(texts)

        until(f"the bot gets {texts}", have_all, 90, explain=lambda: f"{found}\n{self.rig.explain()}")
        return found

    def start_parts(self):
        self.rig.start_operator()
        self.rig.start_gateway()

    def test_a_lost_cluster_is_made_again_from_a_backup(self):
        rig = self.rig
        self.start_parts()
        routed = rig.make_bot("routed", routes=[{"name": "talk", "match": {"text": {}}, "service": {"url": self.shop}}])["id"]
        polling = rig.make_bot("polling", scaling={"maxReplicas": 1})
        self.say(routed, "one", "two")
        until("the routed bot answers", lambda: self.answers(routed) == 2, explain=rig.explain)
        self.say(polling["id"], "first", "second", "third")
        found = self.poll_until(polling["token"], ["first", "second", "third"])
        # What is below this is done, and committed.
        third = next(number for number, text in found.items() if text == "third")
        self.assertEqual(self.poll(polling["token"], third), {third: "third"})

        self.run_backup("save")
        self.assertEqual(stat.S_IMODE(os.stat(self.backup).st_mode), 0o600)
        with open(self.backup, encoding="utf-8") as file:
            saved = [(item["kind"], item["metadata"]["name"]) for item in json.load(file)["items"]]
        self.assertEqual(
            sorted(saved),
            sorted([
                ("Namespace", "bots"), ("Namespace", SYSTEM), ("Secret", "polling-token"), ("Secret", "routed-token"),
                ("TelegramBot", "polling"), ("TelegramBot", "routed"), ("TelegramGateway", "main"),
            ]),
        )  # fmt: skip

        rig.lose_cluster()
        # People do not know.
        self.say(routed, "three")
        self.say(polling["id"], "fourth")
        self.run_backup("restore")
        self.start_parts()
        rig.plane.kubectl("-n", "bots", "wait", "--for=condition=Ready", "--timeout=90s", "telegrambots", "--all",
                          deadline=100)  # fmt: skip

        until("what was written meanwhile is answered", lambda: self.answers(routed) == 3, 90, explain=rig.explain)
        # What was done is not given out again; what was not, is.
        self.poll_until(polling["token"], ["third", "fourth"])
        self.say(routed, "four")
        until("it goes on", lambda: self.answers(routed) == 4, explain=rig.explain)
        # A second restore changes nothing.
        self.run_backup("restore")
        rig.plane.kubectl("-n", "bots", "wait", "--for=condition=Ready", "--timeout=90s", "telegrambots", "--all",
                          deadline=100)  # fmt: skip
        self.assertEqual(self.answers(routed), 4)


if __name__ == "__main__":
    unittest.main(verbosity=2)
