#!/usr/bin/env python3
"""The node's DNS: answers for Services from what the API server says, and for nothing else.

<service>.<namespace>.svc.cluster.local gets the Service's address; a headless Service gets the addresses of its ready
pods, and <hostname>.<service>... that of one pod. AAAA and other types get an empty answer, unknown names NXDOMAIN.

    dns.py --listen ADDRESS [--port 53] --kubeconfig FILE(JSON)
"""

import argparse
import http.client
import json
import socket
import socketserver
import ssl
import struct
import sys
import threading
import time
import urllib.parse

DOMAIN = "cluster.local"
TYPE_A, CLASS_IN = 1, 1
NOERROR, FORMERR, NXDOMAIN, NOTIMP = 0, 1, 3, 4


class Records:
    """Addresses by name, made of Services and Endpoints."""

    def __init__(self):
        self.lock = threading.Lock()
        self.services = {}
        self.endpoints = {}

    def addresses(self, name):
        """The addresses of a name, [] for a name that has none now, None for an unknown one."""
        labels = name.lower().rstrip(".").split(".")
        suffix = ["svc"] + DOMAIN.split(".")
        if len(labels) not in (5, 6) or labels[-3:] != suffix:
            return None
        host = labels[0] if len(labels) == 6 else None
        key = (labels[-4], labels[-5])
        with self.lock:
            service = self.services.get(key)
            if service is None:
                return None
            if service.get("clusterIP", "None") not in ("None", ""):
                return [service["clusterIP"]] if host is None else None
            found = []
            for subset in self.endpoints.get(key) or []:
                ready = list(subset.get("addresses") or [])
                if service.get("publishNotReadyAddresses"):
                    ready += subset.get("notReadyAddresses") or []
                found += [a["ip"] for a in ready if host is None or a.get("hostname") == host]
            return found if found or host is None else None

    def replace(self, table, items):
        with self.lock:
            setattr(self, table, dict(items))

    def change(self, table, kind, key, value):
        with self.lock:
            if kind == "DELETED":
                getattr(self, table).pop(key, None)
            else:
                getattr(self, table)[key] = value


def entry(table, item):
    key = (item["metadata"]["namespace"], item["metadata"]["name"])
    return key, (item.get("spec") or {}) if table == "services" else (item.get("subsets") or [])


def follow(records, table, kubeconfig):
    """Lists and watches a resource for ever."""
    with open(kubeconfig) as file:
        config = json.load(file)
    cluster, user = config["clusters"][0]["cluster"], config["users"][0]["user"]
    address = urllib.parse.urlsplit(cluster["server"])
    tls = ssl.create_default_context(cafile=cluster["certificate-authority"])
    headers = {"Authorization": "Bearer " + user["token"]}
    while True:
        try:
            connection = http.client.HTTPSConnection(address.hostname, address.port, context=tls, timeout=330)
            connection.request("GET", f"/api/v1/{table}", headers=headers)
            answer = connection.getresponse()
            listed = json.loads(answer.read())
            if answer.status != 200:
                raise OSError(f"list: {answer.status} {listed.get('message')}")
            records.replace(table, [entry(table, item) for item in listed.get("items") or []])
            version = listed["metadata"]["resourceVersion"]
            connection.request(
                "GET", f"/api/v1/{table}?watch=1&timeoutSeconds=300&resourceVersion={version}", headers=headers
            )
            answer = connection.getresponse()
            for line in answer:
                event = json.loads(line)
                if event["type"] == "ERROR":
                    raise OSError(f"watch: {event['object'].get('message')}")
                records.change(table, event["type"], *entry(table, event["object"]))
        except (OSError, ValueError, KeyError, http.client.HTTPException) as error:
            print(f"{table}: {error}", file=sys.stderr, flush=True)
            time.sleep(0.5)


def question(query):
    """The name, type and end of a query's only question."""
    labels, at = [], 12
    while query[at]:
        if query[at] > 63:
            raise ValueError("a compressed question")
        labels.append(query[at + 1 : at + 1 + query[at]].decode("ascii"))
        at += query[at] + 1
    kind, klass = struct.unpack_from("!HH", query, at + 1)
    return ".".join(labels), kind, klass, at + 5


def reply(records, query):
    """The answer to a query, as bytes; None when it is too short for one."""
    if len(query) < 12:
        return None
    identifier, flags, questions = struct.unpack_from("!HHH", query)
    try:
        if questions != 1:
            raise ValueError("not one question")
        name, kind, klass, end = question(query)
    except (ValueError, IndexError, struct.error, UnicodeDecodeError):
        return struct.pack("!HHHHHH", identifier, 0x8000 | FORMERR, 0, 0, 0, 0)
    if flags & 0x7800:
        return struct.pack("!HHHHHH", identifier, 0x8000 | NOTIMP, 0, 0, 0, 0)
    addresses = records.addresses(name)
    found = addresses if addresses and kind == TYPE_A and klass == CLASS_IN else []
    code = NXDOMAIN if addresses is None else NOERROR
    # Authoritative, recursion desired as asked, recursion available.
    header = struct.pack("!HHHHHH", identifier, 0x8480 | (flags & 0x0100) | code, 1, len(found), 0, 0)
    # Short-lived: a Service made anew has another address.
    records_ = b"".join(
        struct.pack("!HHHIH", 0xC00C, TYPE_A, CLASS_IN, 2, 4) + socket.inet_aton(address) for address in found
    )
    return header + query[12:end] + records_


def serve(records, address, port):
    class UDP(socketserver.BaseRequestHandler):
        def handle(self):
            data, sock = self.request
            answer = reply(records, data)
            if answer:
                sock.sendto(answer, self.client_address)

    class TCP(socketserver.StreamRequestHandler):
        timeout = 10

        def handle(self):
            while len(head := self.rfile.read(2)) == 2:
                answer = reply(records, self.rfile.read(struct.unpack("!H", head)[0]))
                if not answer:
                    return
                self.wfile.write(struct.pack("!H", len(answer)) + answer)

    class TCPServer(socketserver.ThreadingTCPServer):
        allow_reuse_address = True
        daemon_threads = True

    tcp = TCPServer((address, port), TCP)
    threading.Thread(target=tcp.serve_forever, daemon=True).start()
    with socketserver.UDPServer((address, port), UDP) as udp:
        print(f"serving {DOMAIN} on {address}:{udp.server_address[1]}", flush=True)
        udp.serve_forever()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--listen", required=True)
    parser.add_argument("--port", type=int, default=53)
    parser.add_argument("--kubeconfig", required=True)
    options = parser.parse_args()
    records = Records()
    for table in ("services", "endpoints"):
        threading.Thread(target=follow, args=(records, table, options.kubeconfig), daemon=True).start()
    serve(records, options.listen, options.port)


if __name__ == "__main__":
    main()
