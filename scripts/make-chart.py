#!/usr/bin/python3
"""make-chart.py [--check]: writes what in charts/telegram-serverless is made from other files: the definitions (from
crds/*.yaml) and the README's table of values (from values.yaml). --check writes nothing and prints what is not as it would
be written, and where values.yaml and values.schema.json are not of the same opinion."""

import json
import pathlib
import sys

import yaml

PROJECT = pathlib.Path(__file__).resolve().parent.parent
CHART = PROJECT / "charts" / "telegram-serverless"
BEGIN, END = "<!-- values: made by make chart -->", "<!-- end of values -->"
LABELS = "  labels:\n    app.kubernetes.io/part-of: telegram-serverless\n"


def indentation(line):
    return len(line) - len(line.lstrip())


def guard_rules(text):
    """The validation rules, in CEL, for those API servers alone that know of them: older ones refuse them in an apply."""
    lines, depth = [], None
    for line in text.splitlines():
        if depth is not None and line.strip() and indentation(line) <= depth:
            lines.append("{{- end }}")
            depth = None
        if line.strip() == "x-kubernetes-validations:":
            depth = indentation(line)
            lines.append('{{- if semverCompare ">=1.25-0" .Capabilities.KubeVersion.Version }}')
        lines.append(line)
    if depth is not None:
        lines.append("{{- end }}")
    if any("x-kubernetes-validations" in line and not line.strip().endswith("validations:") for line in lines):
        sys.exit("x-kubernetes-validations must stand on a line of its own")
    return "\n".join(lines) + "\n"


def definition(path):
    """A CustomResourceDefinition as a template."""
    text = path.read_text(encoding="utf-8")
    if text.count(LABELS) != 1:
        sys.exit(f"{path}: its labels are not those that this script replaces: {LABELS!r}")
    # Braces of a description are not the template's.
    text = text.replace("{{", '{{ "{{" }}')
    text = text.replace(
        LABELS,
        "  {{- if .Values.crds.keep }}\n  annotations:\n    helm.sh/resource-policy: keep\n  {{- end }}\n"
        '  labels:\n    {{- include "tgs.labels" . | nindent 4 }}\n',
    )
    text = guard_rules(text)
    return f"{{{{- /* Made from crds/{path.name} by make chart. */}}}}\n{{{{- if .Values.crds.enabled }}}}\n{text}{{{{- end }}}}\n"


class Values:
    """The rows of values.yaml: (name, default, description)."""

    def __init__(self, path):
        self.lines = path.read_text(encoding="utf-8").splitlines()
        self.rows, self.complaints = [], []
        self.visit(yaml.compose("\n".join(self.lines), yaml.SafeLoader), "")

    def comment(self, line):
        """What stands above a line, from two dashes on; None without."""
        found = []
        while line > 0 and self.lines[line - 1].lstrip().startswith("#"):
            line -= 1
            text = self.lines[line].lstrip()[1:].strip()
            if text.startswith("-- "):
                return " ".join([text[3:], *found])
            found.insert(0, text)
        return None

    def visit(self, mapping, prefix):
        for key, value in mapping.value:
            name, description = prefix + key.value, self.comment(key.start_mark.line)
            if description:
                default = yaml.SafeLoader("").construct_object(value, deep=True)
                self.rows.append((name, default, description))
            elif isinstance(value, yaml.MappingNode) and value.value:
                self.visit(value, name + ".")
            else:
                self.complaints.append(f"values.yaml: {name} has no description: put `# -- …` above it")

    def table(self):
        cell = lambda text: text.replace("|", "\\|").replace("<", "&lt;")
        lines = ["| value | default | |", "|---|---|---|"]
        for name, default, description in self.rows:
            shown = json.dumps(default, ensure_ascii=False, separators=(", ", ": "))
            lines.append(f"| `{name}` | `{cell(shown)}` | {cell(description)} |")
        return "\n".join(lines)


def leaves(schema, definitions, prefix=""):
    """Names of the schema's values; an object that does not list its members is one."""
    for name, value in schema.get("properties", {}).items():
        if "properties" in value:
            yield from leaves(value, definitions, f"{prefix}{name}.")
            if value.get("additionalProperties") is not False:
                yield f"{prefix}{name} takes members that it does not list"
        elif (prefix, name) != ("", "global"):
            yield prefix + name


def schema_complaints(values):
    schema = json.loads((CHART / "values.schema.json").read_text(encoding="utf-8"))
    known = set(leaves(schema, schema.get("definitions", {})))
    listed = {name for name, _, _ in values.rows}
    if schema.get("additionalProperties") is not False:
        yield "values.schema.json takes values that it does not list"
    yield from (f"values.schema.json has {name}, values.yaml has not" for name in sorted(known - listed))
    yield from (f"values.yaml has {name}, values.schema.json has not" for name in sorted(listed - known))


def version_complaints():
    """The chart is released with the program."""
    chart = yaml.safe_load((CHART / "Chart.yaml").read_text(encoding="utf-8"))
    program = (PROJECT / "Sources" / "tgs" / "TGS.swift").read_text(encoding="utf-8")
    if f'version = "{chart["appVersion"]}"' not in program:
        yield f"Chart.yaml has appVersion {chart['appVersion']}; tgs --version says something else"


def wanted():
    """Each file that is made, with its text."""
    for path in sorted((PROJECT / "crds").glob("*.yaml")):
        yield CHART / "templates" / "crds" / path.name, definition(path)
    values = Values(CHART / "values.yaml")
    path = CHART / "README.md"
    text = path.read_text(encoding="utf-8")
    if text.count(BEGIN) != 1 or text.count(END) != 1:
        sys.exit(f"{path}: {BEGIN} and {END} must stand in it once each")
    before, rest = text.split(BEGIN)
    after = rest.split(END)[1]
    yield path, f"{before}{BEGIN}\n\n{values.table()}\n\n{END}{after}"


def main():
    check = sys.argv[1:] == ["--check"]
    if sys.argv[1:] and not check:
        sys.exit(__doc__)
    files = dict(wanted())
    found = []
    for path in sorted((CHART / "templates" / "crds").glob("*.yaml")):
        if path not in files:
            found.append(f"{path.relative_to(PROJECT)} is made of nothing in crds/: remove it")
    for path, text in files.items():
        if path.exists() and path.read_text(encoding="utf-8") == text:
            continue
        if check:
            found.append(f"{path.relative_to(PROJECT)} is not what its sources say: run make chart")
        else:
            path.write_text(text, encoding="utf-8")
    values = Values(CHART / "values.yaml")
    found += [*values.complaints, *schema_complaints(values), *version_complaints()]
    print("\n".join(found), end="\n" if found else "")
    sys.exit(1 if found else 0)


main()
