#!/usr/bin/python3
"""check-monitoring.py [--exported FILE...]: whether the rules and dashboards in monitoring/ go with the rest of the project.
Each metric that they name must be one that the programs make (those registered in Sources; with --exported those in these
scrapes), each expression must be one, and each alert must have a page in docs/runbooks, each page an alert. Prints what
is not so."""

import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

import yaml

PROJECT = pathlib.Path(__file__).resolve().parent.parent
MONITORING, RUNBOOKS = PROJECT / "monitoring", PROJECT / "docs" / "runbooks"
# What others tell: Prometheus itself, and the kubelet.
OF_OTHERS = {"up", "ALERTS", "container_memory_working_set_bytes", "container_spec_memory_limit_bytes"}
WORDS = {"and", "or", "unless", "by", "without", "on", "ignoring", "group_left", "group_right", "bool", "offset"}
HISTOGRAM = re.compile(r"_(bucket|sum|count)$")
SECTIONS = ["## What it means", "## What users notice", "## Look", "## Do", "## When to worry"]


def alerts():
    document = yaml.safe_load((MONITORING / "rules.yaml").read_text(encoding="utf-8"))
    return [rule for group in document["groups"] for rule in group["rules"]]


def panels():
    """Where an expression of a dashboard stands, and the expression."""
    for path in sorted((MONITORING / "dashboards").glob("*.json")):
        document = json.loads(path.read_text(encoding="utf-8"))
        for panel in document["panels"]:
            for target in panel.get("targets", []):
                yield f"{path.name}, {panel['title']}", target["expr"]
        for variable in document["templating"]["list"]:
            found = re.fullmatch(r"label_values\((.*), \w+\)", variable["query"])
            if found:
                yield f"{path.name}, variable {variable['name']}", found[1]


def expressions():
    return [(rule["alert"], rule["expr"]) for rule in alerts()] + list(panels())


def names(expression):
    """The metrics of an expression."""
    expression = re.sub(r'"(\\.|[^"\\])*"', "", expression)
    expression = re.sub(r"\{[^}]*\}|\[[^\]]*\]", " ", expression)
    expression = re.sub(r"\b(by|without|on|ignoring|group_left|group_right)\s*\([^)]*\)", " ", expression)
    found = re.finditer(r"(?<![\w.])([a-zA-Z_:][\w:]*)(?!\w)(\s*\()?", expression)
    return {one[1] for one in found if not one[2] and one[1] not in WORDS}


def registered():
    """The metrics that are registered in Sources, by their types."""
    found = {}
    for path in (PROJECT / "Sources").rglob("*.swift"):
        for one in re.finditer(r'\.(counter|gauge|histogram)\(\s*"(\w+)"', path.read_text(encoding="utf-8")):
            found[one[2]] = one[1]
    return found


def exported(paths):
    found = {}
    for path in paths:
        for one in re.finditer(r"^# TYPE (\w+) (\w+)$", pathlib.Path(path).read_text(encoding="utf-8"), re.MULTILINE):
            found[one[1]] = one[2]
    return found


def check_names(known):
    for where, expression in expressions():
        for name in sorted(names(expression) - OF_OTHERS):
            base = HISTOGRAM.sub("", name)
            if known.get(name) == "histogram":
                yield f"{where}: {name} is a histogram: name its _bucket, _sum or _count"
            elif name not in known and known.get(base) != "histogram":
                yield f"{where}: no program makes the metric {name}"


def check_expressions():
    """By promtool, where it is installed."""
    if not shutil.which("promtool"):
        return
    rules = []
    for place, (_, expression) in enumerate(panels()):
        expression = re.sub(r"\$__(rate_interval|range)", "5m", expression)
        rules.append({"record": f"panel_{place}", "expr": re.sub(r"\$(\w+)", r"\1", expression)})
    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
        yaml.safe_dump({"groups": [{"name": "panels", "rules": rules}]}, file)
        file.flush()
        for path in (MONITORING / "rules.yaml", file.name):
            done = subprocess.run(["promtool", "check", "rules", path], capture_output=True, text=True, check=False)
            if done.returncode != 0:
                yield f"{path}: {done.stdout}{done.stderr}"


def check_runbooks():
    listed = {rule["alert"] for rule in alerts()}
    for rule in alerts():
        name, page = rule["alert"], f"docs/runbooks/{rule['alert']}.md"
        for kind in ("summary", "description", "runbook_url"):
            if not rule["annotations"].get(kind):
                yield f"rules.yaml, {name}: no {kind}"
        if rule["labels"].get("severity") not in ("critical", "warning"):
            yield f"rules.yaml, {name}: the severity is critical or warning"
        if rule["annotations"].get("runbook_url") != page:
            yield f"rules.yaml, {name}: runbook_url is not {page}"
        if not (PROJECT / page).exists():
            yield f"{page} is missing: the alert has no runbook"
            continue
        text = (PROJECT / page).read_text(encoding="utf-8")
        if not text.startswith(f"# {name}\n"):
            yield f"{page}: the title is not {name}"
        for section in SECTIONS:
            if f"\n{section}\n" not in text:
                yield f"{page}: no section {section[3:]!r}"
        yield from (f"{page}: no program makes the metric {metric}" for metric in sorted(named_in(text)))
    index = (RUNBOOKS / "README.md").read_text(encoding="utf-8")
    yield from (f"docs/runbooks/README.md: {name} is missing" for name in sorted(listed) if f"[{name}]({name}.md)" not in index)
    for page in RUNBOOKS.glob("*.md"):
        if page.stem not in listed and page.stem != "README":
            yield f"docs/runbooks/{page.name}: there is no such alert"


def named_in(text):
    """Words of a page that look like metrics of ours and are none."""
    known = registered()
    found = set(re.findall(r"\b(?:tgs_(?:gateway|operator)|workqueue|reflector|controller|kafka_producer|redis)_\w+", text))
    # Patterns that end in an underscore stand for several.
    return {word for word in found if not word.endswith("_") and word not in known and HISTOGRAM.sub("", word) not in known}


def main():
    if sys.argv[1:2] == ["--exported"]:
        complaints = list(check_names(exported(sys.argv[2:])))
    else:
        complaints = [*check_names(registered()), *check_expressions(), *check_runbooks()]
    print("\n".join(complaints), end="\n" if complaints else "")
    sys.exit(1 if complaints else 0)


if __name__ == "__main__":
    main()
