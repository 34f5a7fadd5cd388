"""What becomes of bots where pods are real: they start, crash, roll and end.

Run inside a node with the platform on it by scripts/test-platform.sh, with KUBECONFIG set. Every wait has a deadline.
People write to the bots through the simulator all the time, and none of them may be left without an answer.
"""

import os
import subprocess
import time
import unittest

from bots import BROKEN, FIRST, MISSING, NEXT, SYSTEM, Bot, Conversation, Kafka, Simulator, kubectl, objects
from support import until

HERE = os.path.dirname(os.path.abspath(__file__))
# How long an answer may take where nothing stands in its way, in seconds: far more than the half second that is usual,
# for a machine that is busy, and less than the deadline of a rollout.
PROMPT = 10
KEDA = {"minReplicas": 0, "maxReplicas": 1}
# Of a worker: each answer takes its time.
SLOW = [{"name": "DELAY_MS", "value": "100"}]


class PlatformTests(unittest.TestCase):
    """A namespace for each test, and what all tests do with bots."""

    longMessage = True

    @classmethod
    def setUpClass(cls):
        cls.simulator = Simulator()
        cls.kafka = Kafka()

    def setUp(self):
        self.began = time.monotonic()
        self.bots = []
        self.namespace = f"test-{self.id().split('.')[-2].lower()}-{os.urandom(2).hex()}"
        kubectl("create", "namespace", self.namespace)
        self.addCleanup(self.clean_up)
        print(flush=True)

    def clean_up(self):
        # Not waited for: the next test has bots and a namespace of its own.
        kubectl("delete", "namespace", self.namespace, "--ignore-not-found", "--wait=false", check=False)

    def say(self, text):
        print(f"    {time.monotonic() - self.began:5.1f} s  {text}", flush=True)

    def bot(self, name="echo", namespace=None, scaling=None, **worker):
        """A bot that is Ready, of the first release."""
        spec = {
            "scaling": scaling or {"minReplicas": 1, "maxReplicas": 1},
            "worker": {"image": FIRST, **worker},
        }
        bot = Bot(self.simulator, namespace or self.namespace, name, spec)
        self.bots.append(bot)
        bot.wait("Ready", "True/Ready", 90)
        self.say(f"{name} is Ready")
        return bot

    def conversation(self, bot):
        conversation = Conversation(bot)
        self.addCleanup(conversation.stop)
        conversation.wait_for_answers_of("first")
        return conversation

    def end(self, conversation):
        wait, twice = conversation.end()
        self.say(f"{len(conversation.asked)} messages answered, the slowest in {wait:.1f} s, {twice} twice")
        return wait

    def load(self, bot, messages):
        """Many messages at once, all of them with the gateway and most of them not answered yet."""
        self.simulator.call("/load", {"bot": bot.number, "users": 8, "messages": messages, "text": "Hello "})
        # Those that Telegram still has when a webhook goes stay there.
        until("all are with the gateway", lambda: bot.at_telegram()["pending"] == 0, interval=0.05)
        waiting = messages - len(bot.answered())
        self.assertGreater(waiting, messages // 4, "the worker was too fast for this test")
        self.say(f"{waiting} messages are in work")

    def one_pod(self, bot):
        pods = until("one worker", lambda: len(found := bot.pods()) == 1 and found, explain=bot.explain)
        return pods[0]["metadata"]["name"], sum(c["restartCount"] for c in pods[0]["status"]["containerStatuses"])

    def assert_nothing_is_left_of(self, *bots):
        """Outside of the bots' namespace."""
        for bot in bots:
            self.assertIsNone(bot.webhook(), f"{bot.name} still has a webhook")
            self.assertEqual(self.kafka.names(bot.number), [], f"of {bot.name} there is something left in Kafka")
            secrets = [secret["metadata"]["name"] for secret in objects("-n", SYSTEM, "secrets")["items"]]
            self.assertNotIn(f"binding-bot-{bot.number}", secrets)

    def tell(self):
        """What one would look at after a failure."""
        print(kubectl("-n", self.namespace, "get", "telegrambots,deployments,jobs,pods,events", check=False)[-6000:])
        for pod in [pod for bot in self.bots for pod in bot.pods()]:
            name = pod["metadata"]["name"]
            print(f"--- {name}")
            print(kubectl("-n", self.namespace, "logs", "--tail=15", name, check=False))
            print(kubectl("-n", self.namespace, "logs", "--tail=15", "--previous", name, check=False))
        for part in ("operator", "gateway"):
            print(f"--- {part}")
            print(kubectl("-n", SYSTEM, "logs", "--tail=25", f"deployment/{part}", check=False)[-6000:])


class RolloutTests(PlatformTests):
    def check_rollback(self, image):
        bot = self.bot(rollout={"deadline": "15s"})
        pod = self.one_pod(bot)
        conversation = self.conversation(bot)
        bot.apply(image=image)
        until("the new image is tried", lambda: bot.image() == image, explain=bot.explain)
        until("its pod is there", lambda: len(bot.pods()) == 2, explain=bot.explain)
        self.say("the new version is tried")
        bot.wait("WorkloadReady", "False/RolledBack")
        self.say(f"rolled back: {bot.message('WorkloadReady')}")
        self.assertEqual(bot.history()[:2], [(image, "RolledBack"), (FIRST, "Deployed")])
        self.assertEqual(bot.condition("Stalled"), "True/RolledBack")
        self.assertEqual(bot.image(), FIRST)
        self.assertIn(image, bot.event("RolledBack", "Rollout")["message"])
        # The worker of before has been there all the time.
        self.assertEqual(self.one_pod(bot), pod)
        slowest = conversation.slowest()
        self.say(f"the version before has answered in {slowest:.1f} s at the most")
        self.assertLess(slowest, PROMPT)
        bot.apply(image=NEXT)
        conversation.wait_for_answers_of("next")
        bot.wait("Ready", "True/Ready")
        self.say("the next version answers")
        self.assertEqual(bot.history()[0], (NEXT, "Deployed"))
        self.end(conversation)

    def test_an_image_that_does_not_exist_is_rolled_back(self):
        self.check_rollback(MISSING)

    def test_an_image_that_ends_at_its_start_is_rolled_back(self):
        self.check_rollback(BROKEN)


class MigrationTests(PlatformTests):
    def migration(self, outcome, seconds):
        return {"command": ["/usr/bin/python3", "/app/worker.py", outcome, str(seconds)], "timeout": "1m", "retries": 0}

    def job(self, bot):
        """The Job that the condition names."""
        message = bot.message("WorkloadReady")
        name = message.split("Job ")[1].split(" ")[0]
        self.assertTrue(name.startswith(f"bot-{bot.name}-migrate-"), message)
        return name

    def test_a_migration_comes_before_a_new_image_and_its_failure_keeps_the_old_one(self):
        bot = self.bot(migration=self.migration("ok", 0))
        self.assertEqual(bot.history(), [(FIRST, "Deployed")])
        conversation = self.conversation(bot)

        bot.apply(image=NEXT, migration=self.migration("fail", 3))
        bot.wait("WorkloadReady", "Unknown/Migrating")
        self.assertEqual(bot.image(), FIRST)
        self.say("a migration runs, the version before goes on")
        bot.wait("Ready", "False/MigrationFailed")
        self.say(bot.message("WorkloadReady"))
        self.assertEqual(bot.image(), FIRST)
        self.assertEqual(bot.condition("Stalled"), "True/MigrationFailed")
        self.assertEqual(bot.history()[0], (NEXT, "MigrationFailed"))
        self.assertIn(NEXT, bot.event("MigrationFailed", "Migrate")["message"])
        job, message = self.job(bot), bot.message("WorkloadReady")
        self.assertIn("see its log, then change spec.worker, or delete the Job to have it run again", message)
        self.assertIn("the table is locked by somebody else", bot.kubectl("logs", f"job/{job}"))

        # What the condition says to do.
        began = bot.objects("job", job)["metadata"]["uid"]
        bot.kubectl("delete", "job", job, "--timeout=30s")
        until(
            "the Job runs again",
            lambda: any(found["metadata"]["uid"] != began for found in bot.objects("jobs")["items"]),
            explain=bot.explain,
        )
        bot.wait("WorkloadReady", "False/MigrationFailed")
        self.say("deleted, the Job has run again")
        self.assertEqual({release for _, release, _ in bot.answers()}, {"first"})

        bot.apply(migration=self.migration("ok", 2))
        bot.wait("WorkloadReady", "Unknown/Migrating")
        job = self.job(bot)
        conversation.wait_for_answers_of("next")
        bot.wait("Ready", "True/Ready")
        self.say("after a migration that succeeds the new version answers")
        self.assertEqual(bot.history()[0], (NEXT, "Deployed"))
        events = until("both Events", lambda: len(found := bot.events("Migrated", "Migrate")) == 2 and found)
        self.assertEqual(sorted(NEXT in event["message"] for event in events), [False, True])
        self.assertIn("migration to release next has ended", bot.kubectl("logs", f"job/{job}"))
        self.end(conversation)


class TokenTests(PlatformTests):
    def test_a_new_token_rolls_the_worker_once_and_loses_nothing(self):
        bot = self.bot()
        before = self.one_pod(bot)
        conversation = self.conversation(bot)
        secret = bot.at_telegram()["webhook"]["secret_token"]
        token = self.simulator.call(f"/bots/{bot.number}/revoke", {})["token"]
        bot.write_token(token)
        rolled = [(FIRST, "Deployed"), (FIRST, "Deployed")]
        until("the worker has rolled", lambda: bot.history() == rolled, explain=bot.explain)
        bot.wait("Ready", "True/Ready")
        self.say("the worker has rolled")
        pod, restarts = self.one_pod(bot)
        self.assertNotEqual(pod, before[0])
        program = "import os; print(os.environ['BOT_TOKEN'])"
        self.assertEqual(bot.kubectl("exec", pod, "--", "/usr/bin/python3", "-c", program).strip(), token)
        until("Telegram has another secret", lambda: bot.at_telegram()["webhook"]["secret_token"] != secret)
        self.end(conversation)
        # Not again afterwards.
        time.sleep(5)
        self.assertEqual((restarts, self.one_pod(bot)), (0, (pod, 0)))
        sets = bot.objects("replicasets", "-l", f"telegram-serverless.io/bot={bot.name}")["items"]
        self.assertEqual(len(sets), 2)
        self.assertEqual(bot.history(), rolled)


class ScaleDownTests(PlatformTests):
    MESSAGES = 120

    def test_a_worker_that_is_taken_away_finishes_its_work(self):
        bot = self.bot(scaling={"minReplicas": 1, "maxReplicas": 4}, env=SLOW)
        # One after the other: of two that join a group at once this broker sometimes leaves both waiting for each other.
        self.wait_for_shares(bot, [4])
        bot.spec["scaling"]["minReplicas"] = 2
        bot.apply()
        self.wait_for_shares(bot, [2, 2])
        before = {pod["metadata"]["name"] for pod in bot.pods()}
        self.assertEqual(len(before), 2)
        logs = {name: self.follow(name) for name in before}
        bot.spec["scaling"]["minReplicas"] = 1
        bot.apply()
        self.load(bot, self.MESSAGES)
        bot.kubectl("scale", "deployment", f"bot-{bot.name}", "--replicas=1")
        left, restarts = self.one_pod(bot)
        (gone,) = before - {left}
        self.assertIn("echo-python: ended", logs[gone].communicate(timeout=60)[0])
        self.say(f"one worker has ended, {len(bot.answered())} messages are answered")
        until("all is answered", lambda: len(bot.answered()) == self.MESSAGES, explain=bot.explain)
        twice = len(bot.answers()) - self.MESSAGES
        self.say(f"all are answered, {twice} twice")
        self.assertEqual((restarts, self.one_pod(bot)), (0, (left, 0)))

    def wait_for_shares(self, bot, expected):
        """Until each worker has so many of the partitions."""
        until(
            f"the workers have {expected} of the partitions",
            lambda: self.kafka.shares(bot.number) == expected,
            explain=lambda: f"{self.kafka.shares(bot.number)}\n{bot.explain()}",
        )

    def follow(self, pod):
        """The log of a pod, which ends with it."""
        command = ["kubectl", "-n", self.namespace, "logs", "-f", pod]
        log = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        self.addCleanup(log.stdout.close)
        self.addCleanup(log.wait, 10)
        self.addCleanup(log.kill)
        return log


class DeletionTests(PlatformTests):
    MESSAGES = 80

    def test_messages_in_work_are_answered_before_the_topics_go(self):
        bot = self.bot(env=SLOW)
        self.load(bot, self.MESSAGES)
        bot.kubectl("delete", "telegrambot", bot.name, "--timeout=60s", deadline=70)
        self.say("it is gone")
        self.assertEqual(len(bot.answered()), self.MESSAGES)
        self.assert_nothing_is_left_of(bot)
        kinds = "deployments,replicasets,jobs,pods,poddisruptionbudgets"
        until(
            "all objects are gone",
            lambda: not bot.objects(kinds)["items"],
            45,
            explain=lambda: bot.kubectl("get", kinds),
        )
        names = [found["metadata"]["name"] for found in bot.objects("secrets,serviceaccounts")["items"]]
        self.assertNotIn(f"bot-{bot.name}", names)
        self.assertIn(f"{bot.name}-token", names)


class NamespaceTests(PlatformTests):
    LIMIT = 90

    def test_a_namespace_with_bots_goes(self):
        bots = [self.bot(name) for name in ("ann", "bob")]
        conversation = self.conversation(bots[0])
        # One that never becomes Ready, too.
        other = Bot(self.simulator, self.namespace, "cid", {"worker": {"image": MISSING}})
        other.wait("TokenValid", "True/TokenAccepted")
        until("its worker cannot start", lambda: other.pods())
        self.end(conversation)
        for bot in [*bots, other]:
            self.assertTrue(self.kafka.names(bot.number))
            until(f"the webhook of {bot.name}", bot.webhook)
        began = time.monotonic()
        kubectl("delete", "namespace", self.namespace, f"--timeout={self.LIMIT}s", deadline=self.LIMIT + 10)
        self.say(f"the namespace is gone after {time.monotonic() - began:.0f} s")
        self.assert_nothing_is_left_of(*bots, other)


class WakeTests(PlatformTests):
    """With KEDA's kinds, so that the operator makes ScaledObjects and bots sleep, and without KEDA: the tests do its part."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        file = os.path.join(HERE, "keda.yaml")
        cls.addClassCleanup(kubectl, "delete", "-f", file, "--ignore-not-found", "--timeout=60s", deadline=70)
        kubectl("apply", "-f", file)

    def scaled(self, bot):
        return bot.objects("scaledobject", f"bot-{bot.name}")

    def force(self, bot):
        annotations = self.scaled(bot)["metadata"].get("annotations") or {}
        return annotations.get("autoscaling.keda.sh/force-activation")

    def replicas(self, bot):
        return bot.deployment()["spec"]["replicas"]

    def scale(self, bot, replicas):
        bot.kubectl("scale", "deployment", f"bot-{bot.name}", f"--replicas={replicas}")

    def test_a_message_wakes_a_bot_at_zero(self):
        bot = self.bot(scaling=KEDA)
        # The operator looks for KEDA every half minute: a bot that came before had a worker.
        until("the ScaledObject", lambda: bot.condition("ScalerReady") == "Unknown/WaitingForKEDA", explain=bot.explain)
        self.say("KEDA's kinds are taken up")
        self.scale(bot, 0)
        until("no worker", lambda: not bot.objects("pods")["items"])
        bot.wait("WorkloadReady", "True/Asleep")
        self.say("asleep")
        conversation = Conversation(bot)
        self.addCleanup(conversation.stop)
        conversation.wait_for_answers_of("first")
        at = min(at for _, _, at in bot.answers())
        self.say(f"the first answer comes {at - conversation.asked[1]:.1f} s after the first message")
        self.assertEqual(self.replicas(bot), 1)
        self.assertEqual(self.force(bot), "true")
        status = '{"status":{"conditions":[{"type":"Ready","status":"True"},{"type":"Active","status":"True"}]}}'
        # As KEDA does, by its status; kubectl of this version knows the subresource.
        bot.kubectl(
            "patch", "scaledobject", f"bot-{bot.name}", "--subresource=status", "--type=merge", "--patch", status
        )
        until("the annotation goes when KEDA is active", lambda: self.force(bot) is None)
        self.end(conversation)

    def test_messages_that_come_while_the_worker_ends_wake_it_again(self):
        bot = self.bot(scaling=KEDA, env=[{"name": "DELAY_MS", "value": "50"}])
        until("the ScaledObject", lambda: bot.condition("ScalerReady") == "Unknown/WaitingForKEDA", explain=bot.explain)
        if self.replicas(bot) == 0:
            self.say("made asleep")
        conversation = self.conversation(bot)
        for _ in range(3):
            # Not while it joins the group: the test broker leaves a group without work for five minutes when two members
            # join it at the same time.
            until("no worker but the new one", lambda: len(bot.objects("pods")["items"]) == 1, explain=bot.explain)
            answered = bot.answered()
            until("awake and at work", lambda: bot.answered() - answered, explain=bot.explain)
            self.scale(bot, 0)
            self.say("put to sleep in the middle of a conversation")
            until("awake again", lambda: self.replicas(bot) == 1, explain=bot.explain)
        self.end(conversation)


class Result(unittest.TextTestResult):
    """Tells what there was when a test failed, before it is cleaned up."""

    def addError(self, test, err):
        self._tell(test)
        super().addError(test, err)

    def addFailure(self, test, err):
        self._tell(test)
        super().addFailure(test, err)

    def _tell(self, test):
        if isinstance(test, PlatformTests):
            try:
                test.tell()
            except Exception as trouble:  # What failed is to be told in any case.
                print(f"    nothing more can be told: {trouble}")


if __name__ == "__main__":
    unittest.main(testRunner=unittest.TextTestRunner(verbosity=2, resultclass=Result))
