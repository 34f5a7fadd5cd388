"""The chart, rendered."""

import copy
import json

import yaml

from rig import CHART, HELM, KUBERNETES, run

MONITORS = ("monitoring.coreos.com/v1/PodMonitor", "monitoring.coreos.com/v1/ServiceMonitor")
# A gateway needs these two.
GATEWAY = {"publicURL": "https://bots.example.org", "kafka": {"bootstrapServers": "kafka.example.org:9092"}}


def merged(*values):
    """Values laid over each other, as Helm does it."""
    result = {}
    for one in values:
        for name, value in one.items():
            if isinstance(value, dict) and isinstance(result.get(name), dict):
                result[name] = merged(result[name], value)
            else:
                result[name] = copy.deepcopy(value)
    return result


def nested(path, value):
    """{"a": {"b": value}} of "a.b"."""
    for part in reversed(path.split(".")):
        value = {part: value}
    return value


def render(values=None, *, kubernetes=KUBERNETES, apis=MONITORS, release="tgs", namespace="tgs", check=True):
    """The chart's objects, as what Helm prints before it is read."""
    flags = [flag for api in apis for flag in ("--api-versions", api)]
    return run(
        *(HELM, "template", release, CHART, "--namespace", namespace, "--kube-version", kubernetes, "-f", "-"),
        *flags,
        stdin=json.dumps(values or {}),
        check=check,
    )


def objects(text):
    return [one for one in yaml.safe_load_all(text) if one]


def named(objects_, kind, end=""):
    """The one object of a kind whose name has that end."""
    found = [one for one in objects_ if one["kind"] == kind and one["metadata"]["name"].endswith(end)]
    if len(found) != 1:
        raise AssertionError(f"{len(found)} objects are {kind} …{end}")
    return found[0]


def dropped(asked, answered, path=""):
    """Where an object that was applied has what the answer has not."""
    if isinstance(asked, dict):
        if not isinstance(answered, dict):
            return [path]
        return [
            place
            for name, value in asked.items()
            # Nothing, and what Kubernetes leaves out because it is nothing.
            if value not in (None, {}, [], "", False, 0)
            for place in (dropped(value, answered[name], f"{path}.{name}") if name in answered else [f"{path}.{name}"])
        ]
    if isinstance(asked, list):
        if not isinstance(answered, list) or len(asked) != len(answered):
            return [path]
        return [
            place for i, (one, other) in enumerate(zip(asked, answered)) for place in dropped(one, other, f"{path}[{i}]")
        ]
    return [] if asked == answered else [f"{path}: {asked!r} became {answered!r}"]


def restricted(template):
    """What Pod Security "restricted" would refuse of a pod template."""
    spec, found = template["spec"], []
    pod = spec.get("securityContext", {})
    for name in ("hostNetwork", "hostPID", "hostIPC"):
        if spec.get(name):
            found.append(name)
    allowed = {"configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "persistentVolumeClaim", "projected", "secret"}
    found += [f"volume {one['name']}" for one in spec.get("volumes", []) if not allowed & set(one)]
    for container in spec["containers"] + spec.get("initContainers", []):
        own = container.get("securityContext", {})
        name = container["name"]
        if own.get("allowPrivilegeEscalation") is not False:
            found.append(f"{name}: allowPrivilegeEscalation")
        if own.get("capabilities", {}).get("drop") != ["ALL"]:
            found.append(f"{name}: capabilities")
        if not own.get("runAsNonRoot", pod.get("runAsNonRoot")) or own.get("runAsUser", pod.get("runAsUser")) == 0:
            found.append(f"{name}: root")
        if own.get("seccompProfile", pod.get("seccompProfile", {})).get("type") not in ("RuntimeDefault", "Localhost"):
            found.append(f"{name}: seccompProfile")
        if own.get("privileged") or any("hostPort" in port for port in container.get("ports", [])):
            found.append(f"{name}: privileged")
    return found


def dry_run(cluster, objects_):
    """Has the API server check objects as if they were applied; complains of what it refuses or drops."""
    body = {"apiVersion": "v1", "kind": "List", "items": objects_}
    answer = cluster.kubectl(
        "apply", "--dry-run=server", "--validate=false", "-o", "json", "-f", "-", stdin=json.dumps(body), deadline=180
    )
    answers = json.loads(answer)
    answers = answers["items"] if answers["kind"] == "List" else [answers]
    if len(answers) != len(objects_):
        raise AssertionError(f"{len(objects_)} objects were applied, {len(answers)} came back")
    lost = []
    for asked, answered in zip(objects_, answers):
        what = f"{asked['kind']} {asked['metadata']['name']}"
        lost += [what + place for place in dropped(asked, answered)]
    if lost:
        raise AssertionError("the API server does not take it as it is: " + "; ".join(lost))
