import ControllerRuntime
import KubernetesClient
import KubernetesTypes
import Observability
import TestRig
import Testing

@Suite struct EventServerTests {
    @Test func repeatsAreFoldedIntoOneEvent() async throws {
        let plane = try await ControlPlane.shared
        let client = try plane.client()
        try await plane.withNamespace { namespace in
            let object = try await client.create(ConfigMap("c", in: namespace))
            var settings = EventSettings()
            settings.interval = .milliseconds(300)
            let recorder = EventRecorder(
                client, controller: "test.example.io/controller", instance: "pod-1", settings: settings,
                logger: .silent)
            func events() async throws -> [Event] {
                try await client.list(Event.self, namespace: namespace).items
            }
            try await running(recorder) {
                for _ in 0..<5 {
                    recorder.record(
                        regarding: ObjectReference(object), type: .warning, reason: "Failed", action: "Reconcile",
                        note: "the broker is not there")
                }
                recorder.record(
                    regarding: ObjectReference(object), reason: "Ready", action: "Reconcile", note: "all is well")
                try await eventually("the repeats are counted") {
                    try await events().contains { $0.reason == "Failed" && $0.series?.count == 5 }
                }
                recorder.record(
                    regarding: ObjectReference(object), type: .warning, reason: "Failed", action: "Reconcile",
                    note: "the broker is not there")
                try await eventually("one more is counted") {
                    try await events().contains { $0.reason == "Failed" && $0.series?.count == 6 }
                }
                let all = try await events()
                #expect(all.count == 2)
                let failed = try #require(all.first { $0.reason == "Failed" })
                #expect(failed.type == .warning)
                #expect(failed.note == "the broker is not there")
                #expect(failed.regarding?.uid == object.metadata.uid)
                #expect(failed.reportingController == "test.example.io/controller")
                // People see it where they look for it.
                let text = try await plane.kubectl("describe", "configmap", "c", "-n", namespace)
                #expect(text.contains("the broker is not there"))
            }
        }
    }
}
