"""A bot that says back what it is told: the platform's Kafka contract in Python.

An update comes as {"bot_id", "update"} from the incoming topic; an answer goes as {"method", "params"} to the outgoing
one. What the platform puts into the environment is all the configuration there is.
"""

import json
import os
import signal
import sys
import time

from confluent_kafka import Consumer, KafkaError, KafkaException, Producer

BROKERS = os.environ["KAFKA_BROKERS"]
INCOMING = os.environ["KAFKA_INCOMING_TOPIC"]
OUTGOING = os.environ["KAFKA_OUTGOING_TOPIC"]
GROUP = os.environ["KAFKA_CONSUMER_GROUP"]

# Set where the Kafka cluster wants TLS or a login, by librdkafka's names; certificates are PEM text.
SECURITY = {
    name: os.environ[variable]
    for name, variable in {
        "security.protocol": "KAFKA_SECURITY_PROTOCOL",
        "sasl.mechanism": "KAFKA_SASL_MECHANISM",
        "sasl.username": "KAFKA_SASL_USERNAME",
        "sasl.password": "KAFKA_SASL_PASSWORD",
        "ssl.ca.pem": "KAFKA_SSL_CA",
        "ssl.certificate.pem": "KAFKA_SSL_CERTIFICATE",
        "ssl.key.pem": "KAFKA_SSL_KEY",
        "ssl.endpoint.identification.algorithm": "KAFKA_SSL_ENDPOINT_IDENTIFICATION_ALGORITHM",
    }.items()
    if os.environ.get(variable)
}

# What a commit says when the group's partitions are being shared out anew.
REASSIGNED = (KafkaError.REBALANCE_IN_PROGRESS, KafkaError.ILLEGAL_GENERATION, KafkaError.UNKNOWN_MEMBER_ID)


def answer(update):
    """The call of the Bot API that answers an update, or None."""
    message = update.get("message") or {}
    text = message.get("text")
    if not text:
        return None
    name = message.get("from", {}).get("first_name", "you")
    reply = f"Hi {name}, Python here. You said: {text}"
    # Sent again after a crash, the same update makes the same request.
    return {
        "method": "sendMessage",
        "params": {"chat_id": message["chat"]["id"], "text": reply[:4096]},
        "request_id": f"echo-python-{update['update_id']}",
    }


def is_expired(message):
    """Whether it is a query (a pressed button, say) that Telegram takes no answer to any more."""
    expires_at = dict(message.headers() or []).get("expires-at")
    return expires_at is not None and int(expires_at) <= time.time() * 1000


class Stopping:
    """Set by SIGTERM: the kubelet's way to say that the pod goes."""

    def __init__(self):
        self.asked = False
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._ask)

    def _ask(self, number, frame):
        self.asked = True


def handle(messages, producer):
    """Answers a batch and returns when the broker has all the answers."""
    failures = []

    def delivered(error, _):
        if error is not None:
            failures.append(error)

    for message in messages:
        if is_expired(message):
            continue
        try:
            call = answer(json.loads(message.value())["update"])
        except (ValueError, KeyError, TypeError) as error:
            # Another try would fail the same way.
            print(f"skipped {message.topic()}/{message.partition()}@{message.offset()}: {error!r}", file=sys.stderr)
            continue
        if call is not None:
            # The answer belongs to the update's trace.
            trace = [header for header in message.headers() or [] if header[0] == "traceparent"]
            value = json.dumps(call).encode()
            producer.produce(OUTGOING, key=message.key(), value=value, headers=trace, on_delivery=delivered)
    if producer.flush(30) > 0 or failures:
        raise KafkaException(failures[0] if failures else "the broker did not take the answers within 30 s")


def commit(consumer):
    """Says that what has been read is done."""
    try:
        consumer.commit(asynchronous=False)
    except KafkaException as error:
        # Another worker has come or gone meanwhile: whoever has the partitions now handles these updates again.
        if error.args[0].code() not in REASSIGNED:
            raise
        print(f"not committed: {error.args[0].str()}", file=sys.stderr)


def main():
    stopping = Stopping()
    producer = Producer({"bootstrap.servers": BROKERS, **SECURITY, "enable.idempotence": True, "linger.ms": 5})
    consumer = Consumer(
        {
            "bootstrap.servers": BROKERS,
            **SECURITY,
            "group.id": GROUP,
            "auto.offset.reset": "earliest",
            # A worker that dies leaves its users waiting for so long: another one cannot have its partitions before.
            "session.timeout.ms": 10_000,
            # Committed by hand, once the answers are safe: an update is handled at least once.
            "enable.auto.commit": False,
        }
    )
    consumer.subscribe([INCOMING])
    print(f"echo-python: {INCOMING} -> {OUTGOING}", flush=True)
    try:
        while not stopping.asked:
            first = consumer.poll(0.5)
            if first is None:
                continue
            batch = []
            # What else is here already: waiting for a full batch would only delay the first answer.
            for message in [first, *consumer.consume(99, timeout=0)]:
                if message.error():
                    print(f"consumer: {message.error()}", file=sys.stderr)
                else:
                    batch.append(message)
            if batch:
                handle(batch, producer)
                commit(consumer)
    finally:
        # Leaves the group, so that its partitions go to others at once.
        consumer.close()
    print("echo-python: ended", flush=True)


if __name__ == "__main__":
    main()
