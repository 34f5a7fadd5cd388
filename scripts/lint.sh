#!/usr/bin/env bash
# lint.sh: the rules that a program can check. Prints every finding, then fails when there was one.
# shellcheck disable=SC2317 # what check() calls is reached
set -euo pipefail
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib/common.sh"
cd "$PROJECT"
FAILED=0

# check NAME COMMAND...: the command's output is findings; so is ending with something else than 0.
check() {
    local name=$1 output result=0
    shift
    output=$("$@" 2>&1) || result=$?
    if [ $result = 0 ] && [ -z "$output" ]; then
        printf 'ok    %s\n' "$name"
    else
        printf 'FAIL  %s\n%s\n' "$name" "${output:-ended with $result}"
        FAILED=1
    fi
}
# Files of the repository, those not yet added too, by the ends of their names.
files() { git ls-files -z --cached --others --exclude-standard -- "$@" | xargs -0 -r ls -d 2>/dev/null || true; }
# nothing_matches PATTERN FILE...: prints what matches.
nothing_matches() {
    local pattern=$1
    shift
    [ $# -gt 0 ] || return 0
    ! grep -nHP -- "$pattern" "$@"
}

swift_format() {
    local folders=(Package.swift Sources Tests Benchmarks)
    [ ! -d examples ] || folders+=(examples)
    swift format lint --strict --recursive --parallel --configuration .swift-format "${folders[@]}"
}

shell_scripts() {
    local scripts
    mapfile -t scripts < <(files '*.sh' .ci/run)
    shellcheck -x "${scripts[@]}"
}

python_syntax() {
    local scripts
    mapfile -t scripts < <(files '*.py')
    [ ${#scripts[@]} = 0 ] || python3 -B - "${scripts[@]}" <<'END'
import sys
for path in sys.argv[1:]:
    with open(path, encoding="utf-8") as file:
        compile(file.read(), path, "exec", dont_inherit=True)
END
}

yaml_syntax() {
    local documents
    # Templates of charts are no YAML before they are rendered.
    mapfile -t documents < <(files '*.yaml' '*.yml' | grep -v /templates/)
    [ ${#documents[@]} = 0 ] || /usr/bin/python3 - "${documents[@]}" <<'END'
import sys, yaml

class Strict(yaml.SafeLoader):
    """One key twice in a mapping is an error, not the last one's win."""

def mapping(loader, node, deep=False):
    keys = [loader.construct_object(key, deep=deep) for key, _ in node.value]
    twice = {key for key in keys if keys.count(key) > 1}
    if twice:
        raise yaml.constructor.ConstructorError(None, None, f"twice: {sorted(twice)}", node.start_mark)
    return yaml.SafeLoader.construct_mapping(loader, node, deep)

def boolean(loader, node):
    """Off, yes and the like are booleans to kubectl and words to other parsers."""
    if node.value not in ("true", "false"):
        raise yaml.constructor.ConstructorError(
            None, None, f"{node.value} is a boolean to some: quote it, or write true or false", node.start_mark)
    return node.value == "true"

Strict.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, mapping)
Strict.add_constructor("tag:yaml.org,2002:bool", boolean)
for path in sys.argv[1:]:
    try:
        with open(path, encoding="utf-8") as file:
            list(yaml.load_all(file, Strict))
    except yaml.YAMLError as error:
        print(f"{path}: {error}")
        sys.exit(1)
END
}

chart_files() { /usr/bin/python3 -B scripts/make-chart.py --check; }

manifests() { /usr/bin/python3 -B scripts/make-manifests.py --check; }

chart_lint() { "$CACHE/helm/bin/helm" lint --strict --quiet charts/telegram-serverless; }

reference_pages() { /usr/bin/python3 -B scripts/make-reference.py --check; }

dashboards() { /usr/bin/python3 -B scripts/make-dashboards.py --check; }
monitoring() { /usr/bin/python3 -B scripts/check-monitoring.py; }

# What promtool and amtool say of rules and configurations; they say something when all is well, too.
prometheus_files() {
    local output
    output=$(promtool check config monitoring/prometheus.yaml 2>&1) ||
        # Debian's is built without Kubernetes' API.
        grep -q 'kubernetes_sd_configs not found' <<<"$output" || echo "$output"
    output=$(promtool test rules monitoring/rules_test.yaml 2>&1) || echo "$output"
    output=$(amtool check-config examples/alertmanager/alertmanager.yaml 2>&1) || echo "$output"
}

words() {
    local all
    mapfile -t all < <(files)
    # Unfinished things; folders and hosts that only one machine has.
    nothing_matches '\b(T[O]DO|FI[X]ME|X[X]X)\b' "${all[@]}" &&
        nothing_matches '(^|[\s"'"'"'=(:`])/[w]ork/|\.\./[s]hared/|\b[w]ip/' "${all[@]}" &&
        nothing_matches '([p]ypi|[p]ythonhosted)\.org|[p]roxy\.golang|registry\.[n]pmjs|[d]eb\.debian\.org' "${all[@]}"
}

swift_sources() { files 'Sources/*.swift'; }

no_foundation() {
    local sources
    mapfile -t sources < <(swift_sources)
    nothing_matches '^\s*(?:@\w+\s+)*(?:(?:public|package|internal|fileprivate|private)\s+)?import\s+(?:\w+\s+)?Foundation(?:\.|\s|$)' \
        "${sources[@]}"
}

no_swallowed_errors() {
    local sources
    mapfile -t sources < <(swift_sources)
    # Asking a decoder whether a value is of a type has no other way: there the error is the answer.
    nothing_matches '^(?!\s*//).*\btry(!|\?(?! container\.decode\())' "${sources[@]}"
}

unchecked_says_why() {
    local source
    while read -r source; do
        # "safe" in a comment of the twelve lines above, or on the line.
        awk -v file="$source" '
            { line[NR] = $0 }
            /@unchecked Sendable/ && !/^[ \t]*\/\// {
                why = 0
                for (i = NR; i >= NR - 12 && i > 0; i--) if (line[i] ~ /\/\/.*[sS]af/) why = 1
                if (!why) print file ":" NR ": @unchecked Sendable without a comment that says why it is safe"
            }' "$source"
    done < <(swift_sources)
}

# Each C module is imported by one module alone.
one_wrapper_each() {
    local pair module wrapper sources
    for pair in CCurl:HTTPClient COpenSSL:Cryptography CRdKafka:KafkaClient CHiredis:RedisClient CYAML:YAML \
        CMicrohttpd:HTTPServer CUpdateScanner:TelegramBotAPI CLeafDigest:KubernetesTypes; do
        module=${pair%:*} wrapper=${pair#*:}
        mapfile -t sources < <(swift_sources | grep -v "^Sources/$wrapper/")
        nothing_matches "^\s*(?:@\w+\s+)*(?:\w+\s+)?import\s+$module\b" "${sources[@]}" || return 1
    done
}

# Each test that docs/conformance.md names is there: `Suite.test` at the end of a line of a table, in a Swift or a Python
# file that has both.
conformance() {
    local name suite test
    # shellcheck disable=SC2016 # the backticks are those of Markdown
    grep -oE '`\w+\.\w+` \|$' docs/conformance.md | tr -d '`| ' | sort -u | while read -r name; do
        suite=${name%.*} test=${name#*.}
        grep -rlE "(struct|class|extension|actor) $suite\b" Tests --include='*.swift' --include='*.py' |
            xargs -r grep -lE "\b(func|def) $test\(" | grep -q . ||
            echo "docs/conformance.md: there is no test $name: name the one that proves it now"
    done
    # A line whose test cannot be read would not be checked.
    # shellcheck disable=SC2016
    grep -nE '^\| [0-9]+ \|' docs/conformance.md | grep -vE '`\w+\.\w+` \|$' || true
}

no_placeholders() { files '*/Placeholder.swift' '*.orig' '*.rej' '*.pyc'; }

check "swift format" swift_format
check "shell scripts" shell_scripts
check "Python syntax" python_syntax
check "YAML syntax" yaml_syntax
check "reference pages are what the CRDs say" reference_pages
check "dashboards are what their script says" dashboards
check "alerts, dashboards and runbooks go together" monitoring
check "Prometheus and Alertmanager take their files" prometheus_files
check "the chart has what the CRDs say, each value its description" chart_files
check "helm lint" chart_lint
check "plain manifests are what the chart says" manifests
check "tests that docs name are there" conformance
check "words that do not belong here" words
check "Foundation stays out of Sources" no_foundation
check "no try? and try! in Sources" no_swallowed_errors
check "each @unchecked Sendable says why" unchecked_says_why
check "each C module has one wrapper" one_wrapper_each
check "no placeholders" no_placeholders
exit $FAILED
