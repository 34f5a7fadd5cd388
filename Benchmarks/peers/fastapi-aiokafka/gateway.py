"""A gateway from Telegram's webhooks to Kafka, as one writes it with FastAPI and aiokafka. README.md says what for.

Environment: KAFKA_BROKERS; BOTS, a JSON object {"bot_<n>": {"secret": "...", "topic": "..."}}.
"""

import asyncio
import ctypes
import hmac
import json
import os
import secrets
import signal
import time
from contextlib import asynccontextmanager

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError
from fastapi import FastAPI, Request
from fastapi.responses import PlainTextResponse

BOTS = json.loads(os.environ["BOTS"])
BROKERS = os.environ["KAFKA_BROKERS"]

# PR_SET_PDEATHSIG: a worker process must not outlive a benchmark that was interrupted.
ctypes.CDLL(None).prctl(1, signal.SIGKILL)


@asynccontextmanager
async def lifespan(app: FastAPI):
    producer = AIOKafkaProducer(
        bootstrap_servers=BROKERS,
        acks="all",
        enable_idempotence=True,
        linger_ms=1,
        request_timeout_ms=20_000,
    )
    await producer.start()
    app.state.producer = producer
    yield
    await producer.stop()


app = FastAPI(lifespan=lifespan, docs_url=None, redoc_url=None, openapi_url=None)


def queue_key(update: dict) -> int:
    """Chat, else user, else the update's own number: a chat's updates stay in order."""
    user = None
    for value in update.values():
        if not isinstance(value, dict):
            continue
        chat = value.get("chat") or (value.get("message") or {}).get("chat")
        if chat:
            return chat["id"]
        user = value.get("from") or value.get("user")
    return user["id"] if user else update["update_id"]


@app.get("/health", response_class=PlainTextResponse)
async def health() -> str:
    return "ok"


@app.post("/webhook/{bot}", response_class=PlainTextResponse)
async def webhook(bot: str, request: Request) -> PlainTextResponse:
    binding = BOTS.get(bot)
    if binding is None:
        return PlainTextResponse("no such bot", 404)
    given = request.headers.get("x-telegram-bot-api-secret-token", "")
    if not hmac.compare_digest(given.encode(), binding["secret"].encode()):
        return PlainTextResponse("wrong secret token", 401)
    body = await request.body()
    try:
        update = await request.json()
        update_id = update["update_id"]
        key = queue_key(update)
    except (ValueError, KeyError, TypeError, AttributeError):
        return PlainTextResponse("not an update")
    trace = request.headers.get("traceparent") or f"00-{secrets.token_hex(16)}-{secrets.token_hex(8)}-01"
    try:
        await app.state.producer.send_and_wait(
            binding["topic"],
            value=b'{"bot_id":"' + bot.encode() + b'","update":' + body + b"}",
            key=str(key).encode(),
            headers=[
                ("update-id", str(update_id).encode()),
                ("received-at", str(int(time.time() * 1000)).encode()),
                ("traceparent", trace.encode()),
            ],
        )
    except (KafkaError, asyncio.TimeoutError):
        return PlainTextResponse("try again later", 503, headers={"Retry-After": "2"})
    return PlainTextResponse("ok")
