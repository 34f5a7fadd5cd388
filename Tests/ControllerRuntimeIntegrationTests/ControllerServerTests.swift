import Concurrency
import ControllerRuntime
import Foundation
import JSON
import KubernetesClient
import KubernetesTypes
import Observability
import TestRig
import Testing

/// A small controller on a real server: for each Widget a ConfigMap in another namespace, with the Widget's text.
@Suite struct ControllerServerTests {
    private static let finalizer = "test.example.io/cleanup"
    private static let owner = "test.example.io/owner"

    private struct Rig {
        let controller: Controller<Widget>
        let writes: Counter
        let health: HealthRegistry
        let gadgets: Reflector<ObservedObject>
    }

    private func rig(_ client: KubernetesClient, output: String) -> Rig {
        let widgets = Reflector<Widget>(client, settings: .quick(), logger: .silent)
        let maps = Reflector(
            observing: ConfigMap.definition, client, namespace: output,
            keeping: OwnerMapping.annotation(Self.owner).fields, settings: .quick(), logger: .silent)
        let gadgets = Reflector(
            observing: ResourceDefinition(group: "nobody.example.io", version: "v1", kind: "Gadget", plural: "gadgets"),
            client, settings: .quick { $0.isOptional = true }, logger: .silent)
        let metrics = MetricsRegistry()
        let writes = metrics.counter("writes_total", help: "Writes of the test's controller")
        let health = HealthRegistry()
        var settings = ControllerSettings()
        settings.statusInterval = .milliseconds(50)
        settings.backoff = Backoff(base: .milliseconds(20), maximum: .milliseconds(200))
        let controller = Controller(
            name: "widgets", primary: widgets,
            owns: [
                OwnedKind(maps, owner: .annotation(Self.owner)),
                OwnedKind(gadgets, owner: .ownerReference(to: Widget.definition)),
            ], settings: settings, logger: .silent, metrics: metrics, health: health
        ) { key in
            let target = ObjectKey(namespace: output, name: key.name)
            guard let widget = widgets.store.get(key) else { return .done }
            if widget.metadata.deletionTimestamp != nil {
                if maps.store.get(target) != nil {
                    writes.increment()
                    do {
                        try await client.delete(ConfigMap.self, target)
                    } catch let error as KubernetesError where error.isNotFound {
                    }
                }
                writes.increment()
                _ = try await Finalizers.remove(Self.finalizer, from: widget, client)
                return .done
            }
            if widget.metadata.finalizers?.contains(Self.finalizer) != true {
                writes.increment()
                _ = try await Finalizers.ensure(Self.finalizer, on: widget, client)
            }
            var wish = ConfigMap(key.name, in: output, data: ["text": widget.spec.text])
            wish.metadata.annotations = [Self.owner: key.description]
            let json = Array(try JSONEncoder().encode(wish))
            if let there = maps.store.get(target), there.digest.contains(try LeafDigest(json: json)) { return .done }
            writes.increment()
            _ = try await client.apply(wish, fieldManager: "test", force: true)
            return .done
        }
        return Rig(controller: controller, writes: writes, health: health, gadgets: gadgets)
    }

    @Test(.timeLimit(.minutes(5))) func itMakesKeepsAndTakesBack() async throws {
        try await ControlPlane.withOwn { plane in
            let client = try plane.client()
            let input = try await plane.createNamespace("input")
            let output = try await plane.createNamespace("output")
            let rig = rig(client, output: output)
            let key = ObjectKey(namespace: input, name: "w")
            let target = ObjectKey(namespace: output, name: "w")
            func text() async throws -> String? { try await client.find(ConfigMap.self, target)?.data?["text"] }

            try await running(rig.controller) {
                // Started before the CRD is there.
                try await eventually("it says what it waits for") {
                    rig.health.notReady?.contains("no widgets.test.example.io in version v1") == true
                }
                try await plane.kubectl("apply", "--validate=false", "-f", "-", input: Widget.crd)
                try await eventually("it is ready") { rig.health.notReady == nil }
                #expect(rig.gadgets.isPresent == false, "a kind that is missing does not stop it")

                _ = try await client.create(Widget("w", in: input, text: "one"))
                try await eventually("the object was made") { try await text() == "one" }
                _ = try await client.patch(Widget.self, key, .merge(["spec": ["text": "two"]]))
                try await eventually("the object was changed") { try await text() == "two" }
                _ = try await client.patch(ConfigMap.self, target, .merge(["data": ["text": "by hand"]]))
                try await eventually("a change by hand was put back") { try await text() == "two" }
                try await client.delete(ConfigMap.self, target)
                try await eventually("a deleted object was made again") { try await text() == "two" }

                // Nothing changes, so nothing is written, however often it looks.
                try await eventually("it rests") { rig.controller.isIdle }
                try await Task.sleep(for: .milliseconds(500))
                let writes = rig.writes.value()
                for _ in 0..<20 {
                    rig.controller.trigger(key)
                    try await eventually("it looked") { rig.controller.isIdle }
                }
                #expect(rig.writes.value() == writes)

                try await client.delete(Widget.self, key)
                try await eventually("the object was taken back") { try await text() == nil }
                try await eventually("the widget is gone") { try await client.find(Widget.self, key) == nil }
            }
        }
    }

    @Test func finalizersSurviveWhatOthersWrite() async throws {
        let plane = try await ControlPlane.shared
        let client = try plane.client()
        try await plane.withNamespace { namespace in
            let key = ObjectKey(namespace: namespace, name: "c")
            let stale = try await client.create(ConfigMap("c", in: namespace))
            // Others write, so that what was read is out of date.
            _ = try await client.patch(
                ConfigMap.self, key, .merge(["metadata": ["finalizers": ["example.io/other"]]]))
            let marked = try await Finalizers.ensure("example.io/mine", on: stale, client)
            #expect(marked.metadata.finalizers == ["example.io/other", "example.io/mine"])
            let again = try await Finalizers.ensure("example.io/mine", on: marked, client)
            #expect(again.metadata.resourceVersion == marked.metadata.resourceVersion, "nothing to write")

            // Many at once: all are there in the end.
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<4 {
                    group.addTask {
                        while true {
                            do {
                                _ = try await Finalizers.ensure("example.io/f\(number)", on: marked, client)
                                return
                            } catch let error as ControllerRuntimeError where error.code == .conflict {
                                continue
                            }
                        }
                    }
                }
                try await group.waitForAll()
            }
            let all = try await client.get(ConfigMap.self, key)
            #expect(
                Set(all.metadata.finalizers ?? [])
                    == Set(["other", "mine", "f0", "f1", "f2", "f3"].map { "example.io/\($0)" }))

            try await client.delete(ConfigMap.self, key)
            let deleting = try await client.get(ConfigMap.self, key)
            #expect(deleting.metadata.deletionTimestamp != nil)
            let untouched = try await Finalizers.ensure("example.io/late", on: deleting, client)
            #expect(untouched.metadata.finalizers?.contains("example.io/late") == false)
            for name in ["other", "mine", "f0", "f1", "f2", "f3"] {
                // `stale` is long out of date and has none of them: what is known by then is given.
                guard let current = try await client.find(ConfigMap.self, key) else { break }
                _ = try await Finalizers.remove("example.io/\(name)", from: current, client)
            }
            #expect(try await client.find(ConfigMap.self, key) == nil)
            #expect(try await Finalizers.remove("example.io/mine", from: deleting, client) == nil)
        }
    }
}
