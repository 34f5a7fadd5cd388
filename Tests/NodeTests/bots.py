"""Bots on the platform of a node, and people who talk to them, for tests.

Everything is reached from the node itself: Kubernetes by kubectl, the simulator's control API by its Service.
"""

import json
import re
import threading
import time
import urllib.error
import urllib.request

from support import run, until

SYSTEM = "tgs-system"
BROKER = f"broker.{SYSTEM}.svc.cluster.local:9092"
# Releases of the bot: made by build-images.sh, but for the last, which no registry has.
FIRST, NEXT, BROKEN, MISSING = (
    f"tgs.local/test-worker{suffix}:1" for suffix in ("", "-next", "-broken", "-missing")
)


def kubectl(*arguments, **options):
    return run("kubectl", *arguments, **options)


def objects(*arguments):
    return json.loads(kubectl("get", *arguments, "-o", "json"))


class Simulator:
    """Telegram's part, by its control API."""

    def __init__(self):
        address = objects("-n", SYSTEM, "service", "simulator")["spec"]["clusterIP"]
        self.base = f"http://{address}:8082"
        self.opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def call(self, path, body=None, deadline=10):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.base + path, data=data)
        with self.opener.open(request, timeout=deadline) as answer:
            text = answer.read()
        return json.loads(text) if text else None


class Kafka:
    """What is in Kafka, seen from a pod."""

    POD = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "kafka-viewer", "namespace": SYSTEM},
        "spec": {
            "terminationGracePeriodSeconds": 0,
            "containers": [
                {
                    "name": "viewer",
                    "image": FIRST,
                    "command": ["/usr/bin/python3", "-c", "import time; time.sleep(86400)"],
                }
            ],
        },
    }
    PROGRAM = f"""
import json, sys
from confluent_kafka.admin import AdminClient
admin = AdminClient({{"bootstrap.servers": "{BROKER}"}})
topics = list(admin.list_topics(timeout=10).topics)
groups = [group.group_id for group in admin.list_consumer_groups(request_timeout=10).result().valid]
group, members = sys.argv[1], []
if group in groups:
    found = admin.describe_consumer_groups([group], request_timeout=10)[group].result().members
    members = [len(member.assignment.topic_partitions) for member in found]
print(json.dumps({{"names": topics + groups, "members": members}}))
"""

    def __init__(self):
        kubectl("apply", "-f", "-", stdin=json.dumps(self.POD))
        kubectl("-n", SYSTEM, "wait", "--for=condition=Ready", "pod/kafka-viewer", "--timeout=60s", deadline=70)

    def look(self, number):
        command = ["/usr/bin/python3", "-c", self.PROGRAM, f"bot_{number}_workers"]
        return json.loads(kubectl("-n", SYSTEM, "exec", "kafka-viewer", "--", *command).strip().splitlines()[-1])

    def names(self, number):
        """Topics and groups of the bot with that number."""
        return sorted(name for name in self.look(number)["names"] if f"bot_{number}_" in name)

    def shares(self, number):
        """How many partitions each of the bot's workers has."""
        return sorted(self.look(number)["members"])


class Bot:
    """A TelegramBot with the bot it stands for at the simulator."""

    def __init__(self, simulator, namespace, name, spec):
        self.simulator, self.namespace, self.name, self.spec = simulator, namespace, name, spec
        info = simulator.call("/bots", {"username": f"{name}_bot"})
        self.number = info["id"]
        self.write_token(info["token"])
        self.spec = {"tokenSecretRef": {"name": f"{name}-token"}, **spec}
        self.apply()

    def write_token(self, token):
        secret = {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {"name": f"{self.name}-token", "namespace": self.namespace},
            "stringData": {"token": token},
        }
        kubectl("apply", "-f", "-", stdin=json.dumps(secret))

    def apply(self, **changes):
        """Applies the resource; changes are fields of spec.worker that are other than before."""
        self.spec["worker"] = {**self.spec["worker"], **changes}
        bot = {
            "apiVersion": "telegram-serverless.io/v1alpha1",
            "kind": "TelegramBot",
            "metadata": {"name": self.name, "namespace": self.namespace},
            "spec": self.spec,
        }
        kubectl("apply", "--validate=false", "-f", "-", stdin=json.dumps(bot))

    # What there is

    def kubectl(self, *arguments, **options):
        return kubectl("-n", self.namespace, *arguments, **options)

    def objects(self, *arguments):
        return objects("-n", self.namespace, *arguments)

    def resource(self):
        return self.objects("telegrambot", self.name)

    def status(self):
        return self.resource().get("status") or {}

    def condition(self, name):
        """Status and reason, as "True/Ready", of the present spec; None while there is none."""
        resource = self.resource()
        for condition in (resource.get("status") or {}).get("conditions") or []:
            if condition["type"] == name and condition["observedGeneration"] == resource["metadata"]["generation"]:
                return f"{condition['status']}/{condition['reason']}"
        return None

    def message(self, name):
        """What a condition says to people."""
        return next(c["message"] for c in self.status()["conditions"] if c["type"] == name)

    def wait(self, name, value, deadline=60):
        until(f"{name} of {self.name} is {value}", lambda: self.condition(name) == value, deadline, explain=self.explain)

    def explain(self):
        return self.kubectl("get", "telegrambot", self.name, "-o", "yaml", check=False)

    def history(self):
        """Image and result of each version, the latest first."""
        return [(entry["image"], entry["result"]) for entry in self.status().get("history") or []]

    def events(self, reason, action):
        return [
            event
            for event in self.objects("events")["items"]
            if (event["reason"], event["involvedObject"]["name"], event.get("action")) == (reason, self.name, action)
        ]

    def event(self, reason, action):
        """The only one of these."""
        events = until(f"the Event {reason}", lambda: self.events(reason, action))
        if len(events) != 1:
            raise AssertionError(f"{len(events)} Events {reason}: {events}")
        return events[0]

    def deployment(self):
        return self.objects("deployment", f"bot-{self.name}")

    def image(self):
        return self.deployment()["spec"]["template"]["spec"]["containers"][0]["image"]

    def pods(self):
        """Workers that are not ending."""
        pods = self.objects("pods", "-l", f"telegram-serverless.io/bot={self.name}")["items"]
        return [pod for pod in pods if "deletionTimestamp" not in pod["metadata"]]

    def at_telegram(self):
        return self.simulator.call(f"/bots/{self.number}")

    def webhook(self):
        """The webhook's URL; None without one."""
        return (self.at_telegram().get("webhook") or {}).get("url") or None

    def answers(self):
        """All that people have got: number of the message, release, and when, in seconds since 1970."""
        found, after = [], 0
        while page := self.simulator.call(f"/sent?bot={self.number}&after={after}&limit=1000"):
            found += page
            after = page[-1]["seq"]
        texts = ((re.fullmatch(r"(\w+): .*#(\d+)", call["text"]), call["time"] / 1e6) for call in found)
        return [(int(match[2]), match[1], at) for match, at in texts]

    def answered(self):
        return {number for number, _, _ in self.answers()}


class Conversation:
    """People who write to a bot all the time, each message with a number."""

    PEOPLE = 4
    INTERVAL = 0.2

    def __init__(self, bot):
        self.bot = bot
        self.asked = {}
        self.trouble = None
        self.is_ending = threading.Event()
        self.thread = threading.Thread(target=self._talk, daemon=True)
        self.thread.start()

    def _talk(self):
        number = 0
        while not self.is_ending.wait(self.INTERVAL):
            number += 1
            began = time.time()
            try:
                message = {"bot": self.bot.number, "user": 1 + number % self.PEOPLE, "text": f"Hello #{number}"}
                self.bot.simulator.call("/messages", message)
            except (OSError, urllib.error.URLError) as error:
                self.trouble = error
                return
            self.asked[number] = began

    def stop(self):
        self.is_ending.set()
        self.thread.join(15)

    def wait_for_answers_of(self, release, deadline=60):
        """Until that release answers."""
        until(
            f"{release} answers {self.bot.name}",
            lambda: any(found == release for _, found, _ in self.bot.answers()),
            deadline,
            explain=self.bot.explain,
        )

    def slowest(self, deadline=30):
        """Waits until all that has been asked so far is answered, and gives the longest wait for an answer, in seconds."""
        if self.trouble:
            raise AssertionError(f"people could not write: {self.trouble}")
        asked = dict(self.asked)
        until(
            f"{len(asked)} messages to {self.bot.name} are answered",
            lambda: self.bot.answered() >= asked.keys(),
            deadline,
            explain=lambda: f"unanswered: {sorted(asked.keys() - self.bot.answered())}\n{self.bot.explain()}",
        )
        first = {}
        for number, _, at in self.bot.answers():
            first[number] = min(at, first.get(number, at))
        return max(first[number] - at for number, at in asked.items())

    def end(self):
        """Stops, and waits until everything is answered.

        Gives the longest wait for an answer, in seconds, and how many answers came more than once.
        """
        self.stop()
        slowest, answers = self.slowest(), self.bot.answers()
        return slowest, len(answers) - len({number for number, _, _ in answers})
