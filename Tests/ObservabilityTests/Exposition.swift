import Testing

/// Checks a text against the Prometheus text format 0.0.4, the way `promtool check metrics` does.
enum Exposition {
    static func check(_ text: String) throws {
        let name = /[a-zA-Z_:][a-zA-Z0-9_:]*/
        let label = /[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\\\|\\"|\\n)*"/
        let number = /NaN|[+-]Inf|[+-]?[0-9]+(?:\.[0-9]+)?(?:e[+-]?[0-9]+)?/
        var types: [String: String] = [:]
        var current = ""
        var series: Set<Substring> = []
        #expect(text.isEmpty || text.hasSuffix("\n"), "the last line ends too")
        for line in text.split(separator: "\n") {
            if let help = line.wholeMatch(of: /# HELP (\S+) .*/) {
                current = String(help.1)
                #expect(types[current] == nil, "\(current) is described twice")
            } else if let type = line.wholeMatch(of: /# TYPE (\S+) (counter|gauge|histogram)/) {
                #expect(type.1 == current, "the type of \(type.1) does not stand behind its help")
                types[current] = String(type.2)
            } else {
                let metric = try #require(line.prefixMatch(of: name), "\(line)").0
                var rest = line[metric.endIndex...]
                if rest.hasPrefix("{") {
                    rest = rest.dropFirst()
                    while let pair = rest.prefixMatch(of: label) {
                        rest = rest[pair.0.endIndex...]
                        if rest.hasPrefix(",") { rest = rest.dropFirst() }
                    }
                    #expect(rest.hasPrefix("}"), "\(line)")
                    rest = rest.dropFirst()
                }
                #expect(series.insert(line[..<rest.startIndex]).inserted, "\(line) is there twice")
                #expect(rest.hasPrefix(" ") && rest.dropFirst().wholeMatch(of: number) != nil, "\(line)")
                let isHistogram = types[current] == "histogram"
                let names = isHistogram ? ["_bucket", "_sum", "_count"].map { current + $0 } : [current]
                #expect(names.contains(String(metric)), "\(metric) stands with \(current)")
            }
        }
    }
}
