#!/usr/bin/env python3
"""backup.py save FILE, backup.py restore FILE: what of an installation cannot be made again from anything else, through kubectl:
TelegramGateways, TelegramBots, and the Secrets beside them that are not the platform's own. docs/backup.md is the procedure.
More of kubectl's flags may follow: backup.py save FILE --context production."""

import json
import os
import subprocess
import sys

KINDS = ("telegramgateways.telegram-serverless.io", "telegrambots.telegram-serverless.io")
# What the operator makes, and what others make by themselves.
MANAGED = ("app.kubernetes.io/managed-by", "telegram-serverless")
OF_OTHERS = ("kubernetes.io/service-account-token", "helm.sh/release.v1", "bootstrap.kubernetes.io/token")
# What one cluster has written on an object and another has to write itself.
METADATA = ("name", "namespace", "labels", "annotations")
LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"


def kubectl(flags, *arguments, stdin=None):
    program = os.environ.get("KUBECTL", "kubectl")
    done = subprocess.run([program, *flags, *arguments], capture_output=True, text=True, input=stdin, check=False)
    if done.returncode != 0:
        sys.exit(f"{program} {' '.join(arguments)}: {done.stderr.strip()}")
    return done.stdout


def plain(item):
    """The object as its owner would write it."""
    metadata = {key: value for key, value in item["metadata"].items() if key in METADATA}
    metadata.get("annotations", {}).pop(LAST_APPLIED, None)
    return {**{key: value for key, value in item.items() if key != "status"}, "metadata": metadata}


def items(flags, kind, *where):
    return json.loads(kubectl(flags, "get", kind, *where, "-o", "json"))["items"]


def is_theirs(secret):
    """A Secret that somebody has made."""
    label, value = MANAGED
    return (secret["metadata"].get("labels") or {}).get(label) != value and secret["type"] not in OF_OTHERS


def save(path, flags):
    resources = [item for kind in KINDS for item in items(flags, kind, "--all-namespaces")]
    # One that is being deleted is not to come back.
    resources = [item for item in resources if "deletionTimestamp" not in item["metadata"]]
    names = sorted({item["metadata"]["namespace"] for item in resources})
    namespaces = [json.loads(kubectl(flags, "get", "namespace", name, "-o", "json")) for name in names]
    for namespace in namespaces:
        namespace.pop("spec", None)
    secrets = [secret for name in names for secret in items(flags, "secrets", "-n", name) if is_theirs(secret)]
    content = {"apiVersion": "v1", "kind": "List", "items": [plain(one) for one in (*namespaces, *secrets, *resources)]}
    # Tokens are in it: it is nobody's to read but its owner's.
    with open(os.open(f"{path}.new", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        json.dump(content, file, indent=1)
        file.write("\n")
    os.replace(f"{path}.new", path)
    print(f"{path}: {len(secrets)} Secrets, {len(resources)} TelegramGateways and TelegramBots of {', '.join(names)}")


def restore(path, flags):
    with open(path, encoding="utf-8") as file:
        content = json.load(file)["items"]
    # The operator checks the resources again; kubectl alone would stop at API servers before 1.25.
    apply = ("apply", "--server-side", "--field-manager=restore", "--validate=false", "-f", "-")
    for kinds in ({"Namespace"}, {"Secret"}, {"TelegramGateway"}, {"TelegramBot"}):
        some = [item for item in content if item["kind"] in kinds]
        if some:
            kubectl(flags, *apply, stdin=json.dumps({"apiVersion": "v1", "kind": "List", "items": some}))
        print(f"{', '.join(kinds)}: {len(some)} applied")


if __name__ == "__main__":
    if len(sys.argv) < 3 or sys.argv[1] not in ("save", "restore"):
        sys.exit(__doc__)
    {"save": save, "restore": restore}[sys.argv[1]](sys.argv[2], sys.argv[3:])
