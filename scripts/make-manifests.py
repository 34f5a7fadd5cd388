#!/usr/bin/python3
"""make-manifests.py [--check]: writes deploy/manifests, for those who install without Helm, from the chart. --check writes
nothing and prints what is not as it would be written."""

import os
import pathlib
import re
import subprocess
import sys

import yaml

PROJECT = pathlib.Path(__file__).resolve().parent.parent
CACHE = os.environ.get("TGS_CACHE_DIR") or os.path.expanduser("~/.cache/telegram-serverless")
FOLDER = PROJECT / "deploy" / "manifests"
NAMESPACE = "tgs-system"
HEAD = "# Made from charts/telegram-serverless by make manifests: change it there, or by an overlay.\n"
# Which kinds stand in which file; the first file is applied first.
FILES = {
    "crds.yaml": {"CustomResourceDefinition"},
    "rbac.yaml": {"ServiceAccount", "ClusterRole", "ClusterRoleBinding", "Role", "RoleBinding"},
    "operator.yaml": {"Deployment", "PodDisruptionBudget", "NetworkPolicy"},
}
# What is of Helm alone.
HELMS = re.compile(r"^ *(helm\.sh/chart: .*|app\.kubernetes\.io/managed-by: Helm|# Source: .*)\n", re.MULTILINE)


def wanted():
    """Each file that is made, with its text."""
    command = [f"{CACHE}/helm/bin/helm", "template", "telegram-serverless", str(PROJECT / "charts" / "telegram-serverless")]
    command += ["--namespace", NAMESPACE, "--kube-version", "1.35.0", "--set", "crds.keep=false"]
    text = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    documents = [one.strip("\n") for one in re.split(r"^---\n", HELMS.sub("", text), flags=re.MULTILINE) if one.strip()]
    placed = {name: [] for name in FILES}
    for document in documents:
        kind = yaml.safe_load(document)["kind"]
        name = next((name for name, kinds in FILES.items() if kind in kinds), None)
        if not name:
            sys.exit(f"the chart makes a {kind} by default: say in {sys.argv[0]} which file it belongs to")
        placed[name].append(document)
    yield "namespace.yaml", HEAD + f"apiVersion: v1\nkind: Namespace\nmetadata:\n  name: {NAMESPACE}\n  labels:\n" + "".join(
        f"    pod-security.kubernetes.io/{mode}: restricted\n" for mode in ("enforce", "warn")
    )
    for name, found in placed.items():
        yield name, HEAD + "\n---\n".join(found) + "\n"
    names = ["namespace.yaml", *FILES]
    yield "kustomization.yaml", (
        HEAD + "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources:\n"
        + "".join(f"  - {name}\n" for name in names)
    )


def main():
    check = sys.argv[1:] == ["--check"]
    if sys.argv[1:] and not check:
        sys.exit(__doc__)
    files, found = dict(wanted()), []
    for path in sorted(FOLDER.glob("*.yaml")) if FOLDER.exists() else []:
        if path.name not in files:
            found.append(f"{path.relative_to(PROJECT)} is not made by make manifests: remove it")
    for name, text in files.items():
        path = FOLDER / name
        if path.exists() and path.read_text(encoding="utf-8") == text:
            continue
        if check:
            found.append(f"{path.relative_to(PROJECT)} is not what the chart says: run make manifests")
        else:
            FOLDER.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
    print("\n".join(found), end="\n" if found else "")
    sys.exit(1 if found else 0)


main()
