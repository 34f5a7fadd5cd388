"""Servers of the test's own process: a service of routes, and Slack."""

import http.server
import json
import threading


def serve(add_cleanup, handler):
    """The URL of such a server, which the clean-up ends."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    add_cleanup(server.server_close)
    add_cleanup(server.shutdown)
    return f"http://127.0.0.1:{server.server_port}/"


class Shop(http.server.BaseHTTPRequestHandler):
    """A service of routes: says the text back."""

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        body = json.dumps({"text": "here you are"}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments):
        pass


class Slack(http.server.BaseHTTPRequestHandler):
    """Takes what Alertmanager tells Slack."""

    told = []

    def do_POST(self):
        Slack.told.append(self.rfile.read(int(self.headers["Content-Length"])).decode())
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *arguments):
        pass
