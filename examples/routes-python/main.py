"""A shop that routes lead to: what it is asked and may answer is in docs/routes.md."""

import json
import os
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

GOODS = {"tea": 4, "coffee": 5}
SEEN = {}  # request_id: answer. A real shop keeps this where it keeps its orders.


def menu():
    return {"text": "What would you like?",
            "keyboard": [[{"text": f"{name}, {price} €", "action": "buy", "target_user_id": name}]
                         for name, price in GOODS.items()]}


def start(request, user):
    # The user's number here; later requests name the user by it.
    return {**menu(), "user_id": f"customer-{user}"}


def buy(request, user):
    name = request["target_user_id"]
    if name not in GOODS:
        return {"notice": "That is sold out.", "alert": True}
    return {"text": f"One {name} for {request['user_id'] or 'you'}.", "edit": True, "notice": "Thank you!"}


def talk(request, user):
    return menu() if "menu" in request["message"].lower() else {"text": "Write “menu”, or /start."}


HANDLERS = {"/start": start, "/buy": buy, "/talk": talk}


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        handler = HANDLERS.get(self.path)
        if handler is None:
            return self.answer(404, {})
        # The same update may come twice: it is answered as before, and nothing is done again.
        key = request["request_id"]
        if key not in SEEN:
            SEEN[key] = handler(request, self.headers["X-Telegram-User-ID"])
        self.answer(200, SEEN[key])

    def answer(self, status, body):
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


if __name__ == "__main__":
    ThreadingHTTPServer(("", int(os.environ.get("PORT", 8080))), Handler).serve_forever()
