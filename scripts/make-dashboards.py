#!/usr/bin/python3
"""make-dashboards.py [--check]: writes Grafana's dashboards in monitoring/dashboards from the lists of panels below. --check
writes nothing and names those that are not what it would write."""

import json
import pathlib
import sys

FOLDER = pathlib.Path(__file__).resolve().parent.parent / "monitoring" / "dashboards"
DATASOURCE = {"type": "prometheus", "uid": "${datasource}"}
OPERATORS = 'job="tgs-operator", namespace=~"$namespace"'
GATEWAYS = 'job="tgs-gateway", namespace=~"$namespace", gateway=~"$gateway"'
BOT = GATEWAYS + ', bot_id=~"$bot"'
HEIGHT, WIDTH = 8, 24


def rate(metric, by, labels=GATEWAYS):
    return f"sum by ({by}) (rate({metric}{{{labels}}}[$__rate_interval]))"


def quantile(part, metric, by="le", labels=GATEWAYS):
    return f"histogram_quantile({part}, {rate(f'{metric}_bucket', by, labels)})"


def quantiles(metric, labels=GATEWAYS):
    """Half, nine tenths and nearly all of what a histogram has seen."""
    return [(quantile(part, metric, labels=labels), legend) for part, legend in
            ((0.5, "p50"), (0.9, "p90"), (0.99, "p99"))]  # fmt: skip


def graph(title, targets, unit="short", width=8, text="", stacked=False):
    return {"title": title, "targets": targets, "unit": unit, "width": width, "text": text, "type": "timeseries",
            "stacked": stacked}  # fmt: skip


def number(title, expression, unit="short", red=None, text=""):
    """One figure; red from a value on, or below it where the value is negative."""
    return {"title": title, "targets": [(expression, "")], "unit": unit, "width": 4, "text": text, "type": "stat",
            "red": red}  # fmt: skip


PLATFORM = [
    "Overview",
    number("Operators that answer", f"sum(up{{{OPERATORS}}})", red=-1),
    number("Leaders", f"sum(leader_election_is_leader{{{OPERATORS}}})", red=-1),
    number("Gateways' replicas that answer", 'sum(up{job="tgs-gateway", namespace=~"$namespace"})', red=-1),
    number("TelegramBots", f'max(store_objects{{{OPERATORS}, kind="telegrambots.telegram-serverless.io"}})'),
    number("Waiting for the operator", f"sum(workqueue_depth{{{OPERATORS}}})", red=100),
    number("Alerts", 'sum(ALERTS{alertstate="firing", alertname=~"Telegram.*"}) or vector(0)', red=1),
    "Reconciles",
    graph("Reconciles", [(rate("controller_reconciles_total", "controller, result", OPERATORS),
                          "{{controller}} {{result}}")], "ops", stacked=True),  # fmt: skip
    graph("Part of them that fails", [
        (f"{rate('controller_reconcile_errors_total', 'controller', OPERATORS)} / "
         f"{rate('controller_reconciles_total', 'controller', OPERATORS)}", "{{controller}}")], "percentunit"),  # fmt: skip
    graph("How long they take", quantiles("controller_reconcile_seconds", OPERATORS), "s"),
    graph("In line, and waiting for a time", [
        (f"sum by (queue) (workqueue_depth{{{OPERATORS}}})", "{{queue}}: in line"),
        (f"sum by (queue) (workqueue_delayed{{{OPERATORS}}})", "{{queue}}: for a time")]),  # fmt: skip
    graph("Running, and waiting for others", [
        (f"sum by (controller) (controller_active_reconciles{{{OPERATORS}}})", "{{controller}}: running"),
        (f"sum by (controller) (controller_waiting_reconciles{{{OPERATORS}}})", "{{controller}}: waiting")]),  # fmt: skip
    graph("Tries after a failure", [(rate("workqueue_retries_total", "queue", OPERATORS), "{{queue}}")], "ops"),
    "Kubernetes",
    graph("Objects known", [(f"max by (kind) (store_objects{{{OPERATORS}}})", "{{kind}}")]),
    graph("Lists and watches that failed", [(rate("reflector_failures_total", "kind", OPERATORS), "{{kind}}")], "ops",
          text="Of KEDA's kinds they fail while KEDA is not installed."),  # fmt: skip
    graph("Events", [(rate("events_written_total", "pod", OPERATORS), "{{pod}} written"),
                     (rate("events_dropped_total", "reason", OPERATORS), "dropped: {{reason}}")], "ops"),  # fmt: skip
    graph("Signals to wake a bot", [(rate("tgs_operator_wake_signals_total", "pod", OPERATORS), "{{pod}}")], "ops"),
    graph("Memory of the containers", [
        ('max by (namespace, pod, container) (container_memory_working_set_bytes{container=~"operator|gateway", '
         'namespace=~"$namespace"})', "{{pod}}")], "bytes", 16, "Of the kubelet's metrics (cAdvisor)."),  # fmt: skip
]

GATEWAY = [
    "Overview",
    number("Replicas that answer", f"sum(up{{{GATEWAYS}}})", red=-1),
    number("Bots", f"max(tgs_gateway_bindings{{{GATEWAYS}}})"),
    number("Updates taken", f"sum(rate(tgs_gateway_bot_updates_total{{{GATEWAYS}}}[$__rate_interval]))", "ops"),
    number("Webhooks answered with 503",
           f'sum(rate(tgs_gateway_webhook_requests_total{{{GATEWAYS}, result="unavailable"}}[$__rate_interval])) / '
           f"sum(rate(tgs_gateway_webhook_requests_total{{{GATEWAYS}}}[$__rate_interval]))",
           "percentunit", 0.05),  # fmt: skip
    number("Answers that become dead letters",
           f'sum(rate(tgs_gateway_outgoing_total{{{GATEWAYS}, result="dead_letter"}}[$__rate_interval])) / '
           f"sum(rate(tgs_gateway_outgoing_total{{{GATEWAYS}}}[$__rate_interval]))",
           "percentunit", 0.05),  # fmt: skip
    number("Updates lost", f"sum(increase(tgs_gateway_lost_updates_total{{{GATEWAYS}}}[$__range]))", red=1,
           text="Of bots with acknowledge: Always."),  # fmt: skip
    "Updates",
    graph("Webhooks", [(rate("tgs_gateway_webhook_requests_total", "result"), "{{result}}")], "reqps", stacked=True),
    graph("From a webhook to its answer", quantiles("tgs_gateway_webhook_duration_seconds"), "s"),
    graph("Refused before a look", [(rate("http_server_refusals_total", "server, reason"), "{{server}} {{reason}}")], "reqps"),
    graph("Records to Kafka", [(rate("kafka_producer_records_total", "result"), "{{result}}")], "ops"),
    graph("Connections", [(f"sum by (server) (http_server_connections{{{GATEWAYS}}})", "{{server}}")]),
    graph("Signals to wake a bot", [(rate("tgs_gateway_wake_signals_total", "result"), "{{result}}")], "ops"),
    "Polling",
    graph("Calls of getUpdates", [(rate("tgs_gateway_polls_total", "result"), "{{result}}")], "reqps", stacked=True),
    graph("Updates", [(rate("tgs_gateway_polled_updates_total", "result"), "{{result}}")], "ops"),
    graph("Bots and shards by replica", [(f"sum by (pod) (tgs_gateway_polled_bots{{{GATEWAYS}}})", "{{pod}} bots"),
                                         (f"sum by (pod) (tgs_gateway_polling_shards{{{GATEWAYS}}})", "{{pod}} shards")]),  # fmt: skip
    "Answers",
    graph("Answers", [(rate("tgs_gateway_outgoing_total", "result"), "{{result}}"),
                      (rate("tgs_gateway_outgoing_retries_total", "gateway"), "to be tried again")], "ops"),  # fmt: skip
    graph("One call of the Bot API", quantiles("tgs_gateway_bot_api_duration_seconds"), "s"),
    graph("From a worker's record to its end", quantiles("tgs_gateway_bot_answer_delay_seconds"), "s",
          text="The buckets end at a minute."),  # fmt: skip
    graph("Bot API proxy", [(rate("tgs_gateway_proxy_requests_total", "result"), "{{result}}")], "reqps", stacked=True),
    graph("One call through the proxy", quantiles("tgs_gateway_proxy_duration_seconds"), "s"),
    graph("Results that were asked for", [(rate("tgs_gateway_results_total", "result"), "{{result}}")], "ops"),
    "Routes, limits, Redis",
    graph("Updates of bots with routes", [(rate("tgs_gateway_routed_updates_total", "result"), "{{result}}")], "ops", stacked=True),
    graph("Calls of services", [(rate("tgs_gateway_route_calls_total", "result"), "{{result}}")], "reqps", stacked=True),
    graph("From a routed update to its answer", quantiles("tgs_gateway_route_duration_seconds"), "s"),
    graph("Services left alone", [(f"sum by (pod) (tgs_gateway_route_circuits_open{{{GATEWAYS}}})", "{{pod}}")]),
    graph("Too much of one user", [(rate("tgs_gateway_rate_limited_updates_total", "gateway"), "not passed on")], "ops"),
    graph("Redis", [(f"min by (pod) (redis_connected{{{GATEWAYS}}})", "{{pod}} connected")]),
    graph("Commands to Redis", [(rate("redis_commands_total", "result"), "{{result}}")], "ops"),
    graph("One command", quantiles("redis_command_duration_seconds"), "s"),
    graph("Questions to Redis that failed", [
        (rate("tgs_gateway_shared_updates_failures_total", "gateway"), "duplicates"),
        (rate("tgs_gateway_session_failures_total", "gateway"), "sessions"),
        (rate("tgs_gateway_rate_limit_failures_total", "gateway"), "limits")], "ops"),  # fmt: skip
    "What it works with",
    graph("Bindings that cannot be read", [(rate("tgs_gateway_malformed_bindings_total", "gateway"), "{{gateway}}")], "ops"),
    graph("Lists and watches that failed", [(rate("reflector_failures_total", "kind"), "{{kind}}")], "ops"),
    graph("Spans", [(rate("tracing_spans_total", "result"), "{{result}}")], "ops"),
]

BOTS = [
    "The chosen bots",
    graph("Updates taken", [(rate("tgs_gateway_bot_updates_total", "bot_id", BOT), "{{bot_id}}")], "ops", 12),
    graph("Answers", [(rate("tgs_gateway_bot_answers_total", "bot_id, result", BOT), "{{bot_id}} {{result}}")], "ops", 12),
    graph("From a worker's record to its end: half", [
        (quantile(0.5, "tgs_gateway_bot_answer_delay_seconds", "bot_id, le", BOT), "{{bot_id}}")], "s", 12),  # fmt: skip
    graph("From a worker's record to its end: nine tenths", [
        (quantile(0.9, "tgs_gateway_bot_answer_delay_seconds", "bot_id, le", BOT), "{{bot_id}}")], "s", 12),  # fmt: skip
    "Those that stand out",
    graph("The busiest", [(f"topk(10, {rate('tgs_gateway_bot_updates_total', 'bot_id')})", "{{bot_id}}")], "ops", 12),
    graph("Most dead letters", [
        ("topk(10, " + rate("tgs_gateway_bot_answers_total", "bot_id", GATEWAYS + ', result="dead_letter"') + ")",
         "{{bot_id}}")], "ops", 12),  # fmt: skip
    graph("The latest answers", [
        (f"topk(10, {quantile(0.9, 'tgs_gateway_bot_answer_delay_seconds', 'bot_id, le')})", "{{bot_id}}")], "s", 12),  # fmt: skip
    graph("Fewer answers than updates", [
        (f"topk(10, {rate('tgs_gateway_bot_updates_total', 'bot_id')} - on (bot_id) "
         f"{rate('tgs_gateway_bot_answers_total', 'bot_id')} > 0)", "{{bot_id}}")], "ops", 12,
        "What is not answered by design stands here, too."),  # fmt: skip
]


def panel(spec, number_, x, y):
    field = {"defaults": {"unit": spec["unit"], "min": 0, "custom": {}}, "overrides": []}
    made = {
        "id": number_,
        "title": spec["title"],
        "description": spec["text"],
        "type": spec["type"],
        "datasource": DATASOURCE,
        "gridPos": {"x": x, "y": y, "w": spec["width"], "h": 4 if spec["type"] == "stat" else HEIGHT},
        "fieldConfig": field,
        "targets": [
            {"refId": chr(ord("A") + place), "datasource": DATASOURCE, "expr": expression, "legendFormat": legend}
            for place, (expression, legend) in enumerate(spec["targets"])
        ],
    }
    if spec["type"] == "stat":
        made["options"] = {"reduceOptions": {"calcs": ["lastNotNull"]}, "colorMode": "value", "graphMode": "area"}
        red = spec["red"]
        steps = [{"color": "green", "value": None}]
        if red is not None and red < 0:
            steps = [{"color": "red", "value": None}, {"color": "green", "value": -red}]
        elif red is not None:
            steps.append({"color": "red", "value": red})
        field["defaults"]["thresholds"] = {"mode": "absolute", "steps": steps}
    else:
        made["options"] = {"legend": {"displayMode": "list", "placement": "bottom"}, "tooltip": {"mode": "multi"}}
        if spec["stacked"]:
            field["defaults"]["custom"] = {"stacking": {"mode": "normal"}, "fillOpacity": 20}
    return made


def variable(name, label, query):
    return {
        "name": name, "label": label, "type": "query", "datasource": DATASOURCE, "query": query, "refresh": 2,
        "multi": True, "includeAll": True, "allValue": ".*", "current": {"text": "All", "value": "$__all"}, "sort": 1,
    }  # fmt: skip


def dashboard(uid, title, specs, variables):
    panels, x, y, tallest = [], 0, 0, 0
    for spec in specs:
        if isinstance(spec, str):
            x, y = 0, y + tallest
            panels.append({"id": len(panels) + 1, "type": "row", "title": spec, "collapsed": False, "panels": [],
                           "gridPos": {"x": 0, "y": y, "w": WIDTH, "h": 1}})  # fmt: skip
            y, tallest = y + 1, 0
            continue
        if x + spec["width"] > WIDTH:
            x, y, tallest = 0, y + tallest, 0
        made = panel(spec, len(panels) + 1, x, y)
        panels.append(made)
        x, tallest = x + spec["width"], max(tallest, made["gridPos"]["h"])
    source = {"name": "datasource", "label": "Prometheus", "type": "datasource", "query": "prometheus"}
    return {
        "uid": uid, "title": title, "tags": ["telegram-serverless"], "schemaVersion": 38, "version": 1,
        "editable": True, "graphTooltip": 1, "refresh": "30s", "time": {"from": "now-3h", "to": "now"},
        "templating": {"list": [source, *variables]}, "annotations": {"list": []},
        "links": [{"type": "dashboards", "tags": ["telegram-serverless"], "title": "Telegram Serverless",
                   "asDropdown": True, "includeVars": True, "keepTime": True}],
        "panels": panels,
    }  # fmt: skip


NAMESPACE = variable("namespace", "Namespace", 'label_values(up{job=~"tgs-.*"}, namespace)')
NAME = variable("gateway", "Gateway", 'label_values(tgs_gateway_bindings{namespace=~"$namespace"}, gateway)')
CHOSEN = variable("bot", "Bot", f"label_values(tgs_gateway_bot_updates_total{{{GATEWAYS}}}, bot_id)")
ALL = {
    "platform": dashboard("tgs-platform", "Telegram Serverless: platform", PLATFORM, [NAMESPACE]),
    "gateway": dashboard("tgs-gateway", "Telegram Serverless: gateway", GATEWAY, [NAMESPACE, NAME]),
    "bots": dashboard("tgs-bots", "Telegram Serverless: bots", BOTS, [NAMESPACE, NAME, CHOSEN]),
}


def main():
    wrong = False
    for name, content in ALL.items():
        path, text = FOLDER / f"{name}.json", json.dumps(content, indent=1) + "\n"
        if sys.argv[1:] == ["--check"]:
            if not path.exists() or path.read_text(encoding="utf-8") != text:
                wrong = True
                print(f"{path.relative_to(FOLDER.parent.parent)} is not what is written from scripts/make-dashboards.py: "
                      "run make dashboards")  # fmt: skip
        else:
            FOLDER.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
    for path in FOLDER.glob("*.json"):
        if path.stem not in ALL:
            wrong = True
            print(f"{path}: no such dashboard is made")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
