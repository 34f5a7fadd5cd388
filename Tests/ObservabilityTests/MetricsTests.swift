import Observability
import Testing

@Suite struct MetricsTests {
    @Test func countersAndGauges() {
        let metrics = MetricsRegistry()
        let requests = metrics.counter("requests_total", help: "Requests.", labels: ["code", "method"])
        requests.increment(["200", "GET"])
        requests.increment(by: 2.5, ["200", "GET"])
        requests.increment(["500", "GET"])
        let open = metrics.gauge("open", help: "Open.")
        open.add(3)
        open.add(-1)
        #expect(requests.value(["200", "GET"]) == 3.5)
        #expect(open.value() == 2)
        #expect(
            metrics.render() == """
                # HELP open Open.
                # TYPE open gauge
                open 2
                # HELP requests_total Requests.
                # TYPE requests_total counter
                requests_total{code="200",method="GET"} 3.5
                requests_total{code="500",method="GET"} 1

                """)
    }

    @Test func aMetricWithoutLabelsIsThereFromTheStart() {
        let metrics = MetricsRegistry()
        _ = metrics.counter("a_total", help: "A.")
        _ = metrics.histogram("c_seconds", help: "C.", buckets: [1])
        _ = metrics.counter("d_total", help: "D.", labels: ["l"])
        #expect(
            metrics.render() == """
                # HELP a_total A.
                # TYPE a_total counter
                a_total 0
                # HELP c_seconds C.
                # TYPE c_seconds histogram
                c_seconds_bucket{le="1"} 0
                c_seconds_bucket{le="+Inf"} 0
                c_seconds_sum 0
                c_seconds_count 0
                # HELP d_total D.
                # TYPE d_total counter

                """)
    }

    @Test func histogramsAreCumulative() {
        let metrics = MetricsRegistry()
        let histogram = metrics.histogram("h_seconds", help: "H.", labels: ["r"], buckets: [0.1, 1, 2.5])
        for value in [0.05, 0.1, 0.2, 2, 100] { histogram.observe(value, ["a"]) }
        histogram.observe(.milliseconds(500), ["b"])
        #expect(histogram.count(["a"]) == 5)
        #expect(
            metrics.render() == """
                # HELP h_seconds H.
                # TYPE h_seconds histogram
                h_seconds_bucket{r="a",le="0.1"} 2
                h_seconds_bucket{r="a",le="1"} 3
                h_seconds_bucket{r="a",le="2.5"} 4
                h_seconds_bucket{r="a",le="+Inf"} 5
                h_seconds_sum{r="a"} 102.35
                h_seconds_count{r="a"} 5
                h_seconds_bucket{r="b",le="0.1"} 0
                h_seconds_bucket{r="b",le="1"} 1
                h_seconds_bucket{r="b",le="2.5"} 1
                h_seconds_bucket{r="b",le="+Inf"} 1
                h_seconds_sum{r="b"} 0.5
                h_seconds_count{r="b"} 1

                """)
    }

    @Test func awkwardTextAndNumbersAreWrittenAsTheFormatWants() throws {
        let metrics = MetricsRegistry()
        let gauge = metrics.gauge("g", help: "back\\slash and\nline \"quotes\"", labels: ["l"])
        gauge.set(.infinity, ["a\"b\\c\nd"])
        gauge.set(-.infinity, ["minus"])
        gauge.set(.nan, ["nan"])
        gauge.set(1e300, ["huge"])
        gauge.set(-0.0, ["zero"])
        gauge.set(123_456_789_012, ["whole"])
        gauge.set(0.000_001, ["small"])
        let text = metrics.render()
        #expect(text.hasPrefix("# HELP g back\\\\slash and\\nline \"quotes\"\n"))
        #expect(text.contains(#"g{l="a\"b\\c\nd"} +Inf"# + "\n"))
        #expect(text.contains("g{l=\"minus\"} -Inf\n"))
        #expect(text.contains("g{l=\"nan\"} NaN\n"))
        #expect(text.contains("g{l=\"huge\"} 1e+300\n"))
        #expect(text.contains("g{l=\"zero\"} 0\n"))
        #expect(text.contains("g{l=\"whole\"} 123456789012\n"))
        #expect(text.contains("g{l=\"small\"} 1e-06\n"))
        try Exposition.check(text)
    }

    @Test func removedSeriesAreGone() {
        let metrics = MetricsRegistry()
        let gauge = metrics.gauge("g", help: "G.", labels: ["bot"])
        gauge.set(1, ["a"])
        gauge.set(2, ["b"])
        gauge.remove(["a"])
        #expect(!metrics.render().contains("bot=\"a\""))
        #expect(metrics.render().contains("g{bot=\"b\"} 2"))
    }

    @Test func aSeriesThatIsKeptCountsAsItsMetricDoes() async {
        let metrics = MetricsRegistry()
        let counter = metrics.counter("requests_total", help: "", labels: ["code"])
        let histogram = metrics.histogram("seconds", help: "", labels: ["code"], buckets: [1, 2])
        let (count, time) = (counter.series(["200"]), histogram.series(["200"]))
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    for _ in 0..<1000 {
                        count.increment(by: 0.5)
                        counter.increment(["200"])
                        time.observe(1.5)
                    }
                }
            }
        }
        #expect(counter.value(["200"]) == 12_000)
        #expect(histogram.count(["200"]) == 8000)
        #expect(metrics.render().contains(#"seconds_bucket{code="200",le="2"} 8000"#))
        // What was taken away is made anew, and not by who still holds the old one.
        counter.remove(["200"])
        count.increment()
        #expect(counter.value(["200"]) == 0)
        counter.increment(["200"])
        #expect(counter.value(["200"]) == 1)
        #expect(counter.series(["200"]) !== count)
    }

    @Test func askingAgainGivesTheSameMetric() {
        let metrics = MetricsRegistry()
        let first = metrics.counter("a_total", help: "A.")
        first.increment()
        #expect(metrics.counter("a_total", help: "A.") === first)
    }

    @Test func aWrongUseEndsTheProgram() async {
        await #expect(processExitsWith: .failure) { _ = MetricsRegistry().counter("1a", help: "") }
        await #expect(processExitsWith: .failure) { _ = MetricsRegistry().counter("a-b", help: "") }
        await #expect(processExitsWith: .failure) { _ = MetricsRegistry().counter("a", help: "", labels: ["b-c"]) }
        await #expect(processExitsWith: .failure) { _ = MetricsRegistry().counter("a", help: "", labels: ["b", "b"]) }
        await #expect(processExitsWith: .failure) { _ = MetricsRegistry().counter("a", help: "", labels: ["__b"]) }
        await #expect(processExitsWith: .failure) { _ = MetricsRegistry().histogram("a", help: "", labels: ["le"]) }
        await #expect(processExitsWith: .failure) {
            let metrics = MetricsRegistry()
            _ = metrics.counter("a", help: "")
            _ = metrics.gauge("a", help: "")
        }
        await #expect(processExitsWith: .failure) {
            let metrics = MetricsRegistry()
            _ = metrics.counter("a", help: "", labels: ["x"])
            _ = metrics.counter("a", help: "", labels: ["y"])
        }
        await #expect(processExitsWith: .failure) { MetricsRegistry().counter("a", help: "").increment(by: -1) }
    }

    @Test func countingFromManyTasksLosesNothing() async throws {
        let metrics = MetricsRegistry()
        let counter = metrics.counter("c_total", help: "C.", labels: ["k"])
        let histogram = metrics.histogram("h_seconds", help: "H.")
        await withTaskGroup(of: Void.self) { group in
            for index in 0..<8 {
                group.addTask {
                    for _ in 0..<1000 {
                        counter.increment(["\(index % 2)"])
                        histogram.observe(0.01)
                    }
                }
            }
            group.addTask { for _ in 0..<50 { _ = metrics.render() } }
        }
        #expect(counter.value(["0"]) == 4000)
        #expect(counter.value(["1"]) == 4000)
        #expect(histogram.count() == 8000)
        try Exposition.check(metrics.render())
    }
}
