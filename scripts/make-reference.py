#!/usr/bin/python3
"""make-reference.py [--check]: writes docs/reference/<kind>.md from the schemas in crds/*.yaml, all that `kubectl explain`
knows on one page. --check writes nothing and fails when a page is not what it would write."""

import pathlib
import sys

import yaml

PROJECT = pathlib.Path(__file__).resolve().parent.parent
REFERENCE = PROJECT / "docs" / "reference"


def code(value):
    """The value as code in a cell of a table."""
    if isinstance(value, bool):
        value = "true" if value else "false"
    return "`" + str(value).replace("|", "\\|") + "`"


def text(value):
    """A description as one line in a cell of a table."""
    return " ".join(str(value).split()).replace("|", "\\|").replace("<", "&lt;")


def type_name(schema):
    if schema.get("x-kubernetes-int-or-string"):
        return "integer or string"
    if "items" in schema:
        return "list of " + plural(type_name(schema["items"]))
    if "additionalProperties" in schema:
        return "map of " + plural(type_name(schema["additionalProperties"]))
    if schema.get("x-kubernetes-preserve-unknown-fields") and "properties" not in schema:
        return "anything"
    return {"date-time": "time (RFC 3339)"}.get(schema.get("format"), schema["type"])


def plural(name):
    if " of " in name or name == "anything":
        return name
    return " or ".join(word + "s" for word in name.split(" or "))


def between(low, high, unit):
    if low is not None and high is not None:
        return f"{low} to {high}{unit}"
    if low is not None:
        return f"at least {low}{unit}"
    return f"at most {high}{unit}" if high is not None else None


def limits(schema):
    """What a value must keep to, apart from its type; of a list, its elements' limits too."""
    found = []
    if "enum" in schema:
        found.append(", ".join(code(word) for word in schema["enum"]))
    for low, high, unit in [
        ("minimum", "maximum", ""),
        ("minLength", "maxLength", " characters"),
        ("minItems", "maxItems", " elements"),
        ("minProperties", "maxProperties", " members"),
    ]:
        if (low, schema.get(low)) == ("minLength", 1) and high not in schema:
            found.append("not empty")
        else:
            found.append(between(schema.get(low), schema.get(high), unit))
    if "multipleOf" in schema:
        found.append(f"a multiple of {schema['multipleOf']}")
    if "pattern" in schema:
        found.append("matches " + code(schema["pattern"]))
    if schema.get("x-kubernetes-list-type") == "map":
        found.append("one for each " + " and ".join(map(code, schema["x-kubernetes-list-map-keys"])))
    if schema.get("x-kubernetes-list-type") == "set":
        found.append("no element twice")
    for inner in ("items", "additionalProperties"):
        element = limits(schema[inner]) if isinstance(schema.get(inner), dict) else ""
        if element:
            found.append("each " + element)
    return "; ".join(one for one in found if one)


def cells(path, field, required, link=None):
    """A field's row of a table."""
    default = field.get("default")
    if required:
        default = "**required**"
    elif default is None or isinstance(default, dict):
        default = ""
    else:
        default = code(default)
    name = type_name(field)
    return (code(path), f"[{name}](#{link})" if link else name, default, limits(field), text(field["description"]))


def within(path, field):
    """A row for each field within the object, list or map, at any depth."""
    while "items" in field or isinstance(field.get("additionalProperties"), dict):
        path += "[]" if "items" in field else ".*"
        field = field.get("items") or field["additionalProperties"]
    required = field.get("required", [])
    for name, inner in field.get("properties", {}).items():
        yield cells(f"{path}.{name}", inner, name in required)
        yield from within(f"{path}.{name}", inner)


def rules(schema, path=""):
    """The CEL rules of the schema and of all within it: (path, rule, message)."""
    for rule in schema.get("x-kubernetes-validations", []):
        yield path, rule["rule"], rule.get("message", "")
    for name, field in schema.get("properties", {}).items():
        yield from rules(field, f"{path}.{name}" if path else name)
    if isinstance(schema.get("items"), dict):
        yield from rules(schema["items"], path + "[]")
    if isinstance(schema.get("additionalProperties"), dict):
        yield from rules(schema["additionalProperties"], path + ".*")


def table(head, body):
    for number, line in enumerate([head, *body]):
        yield "|" + "|".join(f" {cell} " if cell else " " for cell in line) + "|"
        if number == 0:
            yield "|" + "---|" * len(head)
    yield ""


def section(name, schema):
    """A table of the fields directly within, and one for each object among them with all that is within it."""
    head = ("field", "type", "default", "allowed", "what")
    if name == "status":
        # Nobody writes it: what is "required" is there when the object around it is.
        head = ("field", "type", "values", "what")

    def fields(rows):
        return table(head, (row if len(head) == 5 else (*row[:2], *row[3:]) for row in rows))

    yield f"## {name}"
    yield ""
    yield text(schema["description"])
    yield ""
    required = schema.get("required", [])
    inner = {field: list(within(field, content)) for field, content in schema["properties"].items()}
    yield from fields(
        cells(field, content, field in required, link=f"{name}{field}".lower() if inner[field] else None)
        for field, content in schema["properties"].items()
    )
    for field, rows in inner.items():
        if rows:
            yield f"### {name}.{field}"
            yield ""
            yield from fields(rows)


def page(path):
    definition = read(path)
    names = definition["names"]
    version = next(version for version in definition["versions"] if version["storage"])
    schema = version["schema"]["openAPIV3Schema"]
    kind = names["kind"]
    yield f"<!-- Made by scripts/make-reference.py from {path.relative_to(PROJECT)}: change that, run make reference. -->"
    yield f"# {kind}: all fields"
    yield ""
    yield text(schema["description"])
    yield ""
    yield from table(
        ("", ""),
        [
            ("`apiVersion`", code(f"{definition['group']}/{version['name']}")),
            ("`kind`", code(kind)),
            ("in kubectl", ", ".join(code(name) for name in [names["plural"], *names.get("shortNames", [])])),
            ("shown by", ", ".join(code(f"kubectl get {name}") for name in names.get("categories", []))),
            ("lives in", "a namespace" if definition["scope"] == "Namespaced" else "the cluster"),
        ],
    )
    example = next(iter(schema["properties"]["spec"]["properties"]))
    yield (
        f"`kubectl explain {names['singular']}.spec.{example}` has the descriptions in a terminal. A field marked **required**"
        " must be there when the object around it is."
    )
    yield ""
    for name in ("spec", "status"):
        if name in schema["properties"]:
            yield from section(name, schema["properties"][name])
    found = list(rules(schema))
    if found:
        yield "## Rules"
        yield ""
        yield (
            "What no type can say. API servers from 1.25 on refuse what breaks a rule; the operator checks the same again for"
            " older ones."
        )
        yield ""
        yield from table(
            ("of", "rule (CEL)", "what is said when it is broken"),
            [(code(path) if path else "the whole", code(rule), text(message)) for path, rule, message in found],
        )
    columns = version.get("additionalPrinterColumns", [])
    if columns:
        yield "## Columns of kubectl get"
        yield ""
        yield from table(
            ("column", "shows", "with"),
            [
                (column["name"], code(column["jsonPath"]), "`-o wide`" if column.get("priority") else "")
                for column in columns
            ],
        )


def read(path):
    try:
        return yaml.safe_load(path.read_text(encoding="utf-8"))["spec"]
    except yaml.YAMLError as error:
        sys.exit(f"{path.relative_to(PROJECT)}: {error}")


def main():
    check = sys.argv[1:] == ["--check"]
    if sys.argv[1:] and not check:
        sys.exit(__doc__)
    stale = []
    wanted = {}
    for path in sorted((PROJECT / "crds").glob("*.yaml")):
        kind = read(path)["names"]["singular"]
        wanted[REFERENCE / f"{kind}.md"] = "\n".join(page(path)).rstrip() + "\n"
    for path in REFERENCE.glob("*.md"):
        if path not in wanted:
            stale.append(path)
            if not check:
                path.unlink()
    for path, content in wanted.items():
        if path.exists() and path.read_text(encoding="utf-8") == content:
            continue
        stale.append(path)
        if not check:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content, encoding="utf-8")
    for path in stale:
        print(f"{path.relative_to(PROJECT)} " + ("is not what crds/ say: run make reference" if check else "written"))
    sys.exit(1 if check and stale else 0)


main()
