import HTTPServer
import HTTPTypes
import Observability
import Testing

@Suite struct RouterTests {
    private func router() -> HTTPRouter {
        var router = HTTPRouter()
        func name(_ text: String) -> HTTPRouter.Handler {
            { request in
                let parameters = request.parameters.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
                return .text(([text] + parameters).joined(separator: " "))
            }
        }
        router.get("/", name("root"))
        router.get("/webhook/list", name("list"))
        router.get("/webhook/:bot", name("get"))
        router.post("/webhook/:bot", name("post"))
        router.get("/webhook/:bot/log", name("log"))
        router.any("/bot:token/:method", name("api"))
        router.get("/file/bot:token/*path", name("file"))
        router.post("/drain", name("drain"))
        return router
    }

    private func answer(_ method: HTTPMethod, _ target: String) async -> HTTPServerResponse {
        await router().handle(HTTPServerRequest(method: method, target: target))
    }

    @Test(arguments: [
        ("GET", "/", "root", "/"),
        ("GET", "/webhook/list", "list", "/webhook/list"),
        ("GET", "/webhook/shop", "get bot=shop", "/webhook/:bot"),
        ("POST", "/webhook/shop?x=1", "post bot=shop", "/webhook/:bot"),
        ("GET", "/webhook/a%2Fb%20c", "get bot=a/b c", "/webhook/:bot"),
        ("GET", "/webhook/list/log", "log bot=list", "/webhook/:bot/log"),
        ("DELETE", "/bot12:ab/getMe", "api method=getMe token=12:ab", "/bot:token/:method"),
        ("GET", "/file/bot1:a/photos/x%20y.jpg", "file path=photos/x y.jpg token=1:a", "/file/bot:token/*path"),
        ("POST", "//drain", "drain", "/drain"),
        ("POST", "http://h:80/drain", "drain", "/drain"),
        ("HEAD", "/webhook/list", "list", "/webhook/list"),
    ])
    func finds(_ method: String, _ target: String, _ text: String, _ route: String) async {
        let response = await answer(HTTPMethod(rawValue: method), target)
        #expect(String(decoding: response.body, as: UTF8.self) == text)
        #expect(response.route == route)
    }

    @Test(arguments: ["/nothing", "/webhook", "/webhook/", "/webhook/a/b", "/bot/getMe", "/drain/", "/file/bot1:a"])
    func answers404(_ target: String) async {
        let response = await answer(.get, target)
        #expect(response.status == .notFound)
        #expect(response.route == nil)
    }

    @Test func answers405WithWhatIsAllowed() async {
        let response = await answer(.delete, "/webhook/shop")
        #expect(response.status == .methodNotAllowed)
        #expect(response.headers["Allow"] == "GET, HEAD, POST")
        #expect(await answer(.get, "/drain").headers["Allow"] == "POST")
    }

    @Test func theFallbackAnswersInPlaceOf404() async {
        var router = router()
        router.fallback = { request in .json(Array("{\"path\":\"\(request.path)\"}".utf8), .notFound) }
        let response = await router.handle(HTTPServerRequest(method: .get, target: "/x"))
        #expect(String(decoding: response.body, as: UTF8.self) == #"{"path":"/x"}"#)
        #expect(response.status == .notFound)
    }

    @Test func probesTellWhatTheRegistriesKnow() async {
        let health = HealthRegistry()
        let metrics = MetricsRegistry()
        metrics.counter("things_total", help: "Things.").increment(by: 3)
        var router = HTTPRouter()
        router.probeRoutes(health: health, metrics: metrics)
        let probes = router
        func get(_ path: String) async -> (Int, String) {
            let response = await probes.handle(HTTPServerRequest(method: .get, target: path))
            return (response.status.rawValue, String(decoding: response.body, as: UTF8.self))
        }
        #expect(await get("/health") == (200, "ok\n"))
        #expect(await get("/ready") == (200, "ready\n"))
        health.register("kafka", waitingFor: "no broker answered")
        #expect(await get("/ready") == (503, "kafka: no broker answered\n"))
        #expect(await get("/health") == (200, "ok\n"))
        health.markReady("kafka")
        #expect(await get("/ready") == (200, "ready\n"))
        #expect(await get("/metrics").1.contains("things_total 3\n"))
    }

    @Test(arguments: [
        ("/a%zz%4", "/a%zz%4", ""), ("/%E2%82%AC", "/€", ""), ("*", "*", ""), ("///", "/", ""), ("", "/", ""),
        ("?q=1", "/", "q=1"), ("/x?a=1&&b&=2&c=%26=", "/x", "a=1|b=|=2|c=&="), ("http://host", "/", ""),
        ("https://h/x?y=http://z/", "/x", "y=http://z/"), ("/%ff", "/\u{FFFD}", ""),
    ])
    func targetsAreTakenApart(_ target: String, _ path: String, _ query: String) {
        let request = HTTPServerRequest(method: .get, target: target)
        #expect(request.path == path)
        #expect(request.query.map { "\($0.name)=\($0.value)" }.joined(separator: "|") == query)
    }
}
