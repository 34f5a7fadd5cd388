import KubernetesTypes
import Testing

@Suite struct LeafDigestTests {
    private func digest(_ json: String) throws -> LeafDigest { try LeafDigest(json: Array(json.utf8)) }

    // As the operator sends it.
    private let desiredDeployment = #"""
        {"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"bot-echo","namespace":"default",
        "labels":{"app.kubernetes.io/name":"echo"},"ownerReferences":[{"apiVersion":"telegram-serverless.io/v1alpha1",
        "kind":"TelegramBot","name":"echo","uid":"6d1","controller":true,"blockOwnerDeletion":true}]},
        "spec":{"selector":{"matchLabels":{"app":"echo"}},"strategy":{"rollingUpdate":{"maxSurge":1}},
        "template":{"metadata":{"labels":{"app":"echo"}},"spec":{"automountServiceAccountToken":false,
        "terminationGracePeriodSeconds":40,"containers":[{"name":"bot","image":"echo:1",
        "env":[{"name":"BOT_ID","value":"bot_1"},{"name":"EMPTY","value":""},
        {"name":"BOT_TOKEN","valueFrom":{"secretKeyRef":{"name":"bot-echo","key":"token","optional":false}}}],
        "resources":{"limits":{"cpu":"1000m","memory":"1024Mi"},"requests":{"cpu":0.5,"memory":"128Mi"}},
        "securityContext":{}},{"name":"sidecar","image":"tgs:1","ports":[{"containerPort":8081}],
        "volumeMounts":[]}]}}}}
        """#

    // As API server 1.20 gives such an object back.
    private let observedDeployment = #"""
        {"metadata":{"name":"bot-echo","namespace":"default","uid":"f0","resourceVersion":"812","generation":1,
        "creationTimestamp":"2026-01-01T00:00:00Z","labels":{"app.kubernetes.io/name":"echo"},
        "annotations":{"deployment.kubernetes.io/revision":"1"},
        "ownerReferences":[{"apiVersion":"telegram-serverless.io/v1alpha1",
        "kind":"TelegramBot","name":"echo","uid":"6d1","controller":true,"blockOwnerDeletion":true}],
        "managedFields":[{"manager":"telegram-serverless","operation":"Apply","fieldsV1":{"f:spec":{}}}]},
        "spec":{"replicas":1,"selector":{"matchLabels":{"app":"echo"}},"template":{"metadata":{"creationTimestamp":null,
        "labels":{"app":"echo"}},"spec":{"containers":[{"name":"istio","image":"x"},{"name":"bot","image":"echo:1",
        "env":[{"name":"BOT_ID","value":"bot_1"},{"name":"EMPTY"},{"name":"BOT_TOKEN","valueFrom":{"secretKeyRef":
        {"name":"bot-echo","key":"token","optional":false}}}],
        "resources":{"limits":{"cpu":"1","memory":"1Gi"},"requests":{"cpu":"500m","memory":"128Mi"}},
        "terminationMessagePath":"/dev/termination-log","terminationMessagePolicy":"File",
        "imagePullPolicy":"IfNotPresent","securityContext":{}},{"name":"sidecar","image":"tgs:1",
        "ports":[{"containerPort":8081,"protocol":"TCP"}],"resources":{}}],
        "restartPolicy":"Always","terminationGracePeriodSeconds":40,"dnsPolicy":"ClusterFirst",
        "automountServiceAccountToken":false,"securityContext":{},"schedulerName":"default-scheduler"}},
        "strategy":{"type":"RollingUpdate","rollingUpdate":{"maxUnavailable":"25%","maxSurge":1}},
        "revisionHistoryLimit":10,"progressDeadlineSeconds":600},
        "status":{"observedGeneration":1,"replicas":1}}
        """#

    @Test func findsADeploymentInItsDefaultedForm() throws {
        let observed = try digest(observedDeployment)
        let desired = try digest(desiredDeployment)
        #expect(observed.contains(desired))
        #expect(!desired.contains(observed))
        #expect(observed.byteCount < 800)
    }

    @Test(arguments: [
        (#""image":"echo:1""#, #""image":"echo:2""#),
        (#""value":"bot_1""#, #""value":"bot_2""#),
        (#""name":"BOT_ID""#, #""name":"BOT_IDS""#),
        (#""cpu":"1000m""#, #""cpu":"1001m""#),
        (#""memory":"1024Mi""#, #""memory":"1025Mi""#),
        (#""maxSurge":1"#, #""maxSurge":"1""#),
        (#""automountServiceAccountToken":false"#, #""automountServiceAccountToken":true"#),
        (#""optional":false"#, #""optional":true"#),
        (#""containerPort":8081"#, #""containerPort":0"#),
        (#""value":"""#, #""value":"x""#),
        (#""terminationGracePeriodSeconds":40"#, #""terminationGracePeriodSeconds":40.5"#),
        (#""app.kubernetes.io/name":"echo""#, #""app.kubernetes.io/name":"""#),
        (#""uid":"6d1""#, #""uid":"6d2""#),
    ])
    func noticesADifference(from: String, to: String) throws {
        let changed = desiredDeployment.replacing(from, with: to)
        #expect(changed != desiredDeployment)
        #expect(!(try digest(observedDeployment).contains(try digest(changed))))
        #expect(try digest(changed).fingerprint != digest(desiredDeployment).fingerprint)
    }

    @Test func aHandEditOfAZeroValueIsNoticed() throws {
        let desired = try digest(#"{"spec":{"paused":false,"minReplicaCount":0,"note":""}}"#)
        #expect(try digest(#"{"spec":{"x":1}}"#).contains(desired))
        #expect(try digest(#"{"spec":{"paused":false,"minReplicaCount":0,"note":""}}"#).contains(desired))
        #expect(!(try digest(#"{"spec":{"paused":true}}"#).contains(desired)))
        #expect(!(try digest(#"{"spec":{"minReplicaCount":2}}"#).contains(desired)))
        #expect(!(try digest(#"{"spec":{"note":"x"}}"#).contains(desired)))
    }

    @Test func secretsCountAsTheyAre() throws {
        let observed = try digest(
            #"{"data":{"token":"MTIzOmFi","x":"eQ=="},"metadata":{"name":"s","uid":"1"},"type":"Opaque"}"#)
        #expect(observed.contains(try digest(#"{"apiVersion":"v1","kind":"Secret","data":{"token":"MTIzOmFi"}}"#)))
        #expect(!observed.contains(try digest(#"{"data":{"token":"MTIzOmFj"}}"#)))
        #expect(!observed.contains(try digest(#"{"type":"kubernetes.io/tls"}"#)))
    }

    @Test func findsAScaledObject() throws {
        let observed = try digest(
            #"""
            {"apiVersion":"keda.sh/v1alpha1","kind":"ScaledObject","metadata":{"name":"bot-echo","generation":1,
            "finalizers":["finalizer.keda.sh"],"labels":{"scaledobject.keda.sh/name":"bot-echo"}},
            "spec":{"advanced":{"scalingModifiers":{},"horizontalPodAutoscalerConfig":{"behavior":{"scaleUp":{
            "policies":[{"periodSeconds":15,"type":"Pods","value":10}],"stabilizationWindowSeconds":0}}}},
            "minReplicaCount":0,"maxReplicaCount":10,"scaleTargetRef":{"kind":"Deployment","name":"bot-echo"},
            "triggers":[{"metadata":{"lagThreshold":"5","topic":"bot_1_incoming"},"name":"incoming","type":"kafka"}]},
            "status":{"conditions":[{"type":"Ready","status":"True"}]}}
            """#)
        let desired = #"""
            {"metadata":{"name":"bot-echo","labels":{"scaledobject.keda.sh/name":"bot-echo"}},
            "spec":{"scaleTargetRef":{"kind":"Deployment","name":"bot-echo"},"minReplicaCount":0,"maxReplicaCount":10,
            "advanced":{"scalingModifiers":{},"horizontalPodAutoscalerConfig":{"behavior":{"scaleUp":{
            "stabilizationWindowSeconds":0,"policies":[{"type":"Pods","value":10.0,"periodSeconds":15}]}}}},
            "triggers":[{"type":"kafka","name":"incoming","metadata":{"topic":"bot_1_incoming","lagThreshold":"5"}}]}}
            """#
        #expect(observed.contains(try digest(desired)))
        #expect(!observed.contains(try digest(desired.replacing(#""value":10.0"#, with: #""value":10.5"#))))
        #expect(!observed.contains(try digest(desired.replacing(#""lagThreshold":"5""#, with: #""lagThreshold":5"#))))
    }

    @Test(arguments: [
        (#""1000m""#, #""1""#), (#""1""#, "1"), ("0.5", #""500m""#), (#""0.5""#, #""500m""#), (#""1Gi""#, #""1024Mi""#),
        (#""1Mi""#, #""1048576""#), (#""1k""#, "1000"), (#""1e3""#, #""1k""#), (#""1E""#, #""1000P""#),
        (#""0.1Gi""#, #""107374182400m""#), (#""100n""#, #""0.1u""#), (#""1.5Gi""#, #""1536Mi""#), (#""+5""#, "5"),
        (#""2Ei""#, #""2048Pi""#), ("1.0", "1"), (#""1e-3""#, #""1m""#),
    ])
    func quantitiesCountByValue(a: String, b: String) throws {
        func resources(_ value: String) throws -> LeafDigest {
            try digest(#"{"spec":{"containers":[{"resources":{"limits":{"cpu":\#(value)}}}]}}"#)
        }
        #expect(try resources(a) == resources(b))
        #expect(try resources(a) != resources(#""3""#))
        #expect(try digest(#"{"spec":{"cpu":\#(a)}}"#) != digest(#"{"spec":{"cpu":"3"}}"#))
    }

    @Test func textThatIsNoQuantityCountsAsText() throws {
        for text in ["x", "1Q", "", ".", "1e", "99999999999999999999999", "1 "] {
            _ = try digest(#"{"resources":{"limits":{"cpu":"\#(text)"}}}"#)
        }
        #expect(
            try digest(#"{"resources":{"limits":{"cpu":"1Q"}}}"#) != digest(#"{"resources":{"limits":{"cpu":"1R"}}}"#))
    }

    @Test func elementsWithoutNamesCountByIndex() throws {
        let observed = try digest(#"{"a":[1,2,{"x":1},{"name":"n","x":2}]}"#)
        #expect(observed.contains(try digest(#"{"a":[1,2]}"#)))
        #expect(!observed.contains(try digest(#"{"a":[2,1]}"#)))
        #expect(observed.contains(try digest(#"{"a":[{"name":"n","x":2}]}"#)))
        #expect(!observed.contains(try digest(#"{"a":[{"name":"n","x":1}]}"#)))
    }

    @Test func pathsAreNotConfused() throws {
        #expect(try digest(#"{"a":{"b":1}}"#) != digest(#"{"ab":1}"#))
        #expect(try digest(#"{"a":{"bc":1}}"#) != digest(#"{"ab":{"c":1}}"#))
        #expect(try digest(#"{"a":[{"name":"b"}]}"#) != digest(#"{"a":{"b":{"name":"b"}}}"#))
        #expect(try digest(#"{"a":"1"}"#) != digest(#"{"a":1}"#))
        #expect(try digest(#"{"a":-1}"#) != digest(#"{"a":1}"#))
        // Only at the top these are the server's.
        #expect(try digest(#"{"spec":{"status":"x"}}"#) != digest("{}"))
        #expect(try digest(#"{"status":"x","metadata":{"uid":"1"}}"#) == digest("{}"))
    }

    @Test(arguments: ["", "[]", "1", "{", #"{"a":}"#, "{\"a\":\"\u{1}\"}", "nul"])
    func refusesWhatIsNoObject(text: String) throws {
        #expect(throws: LeafDigestError.self) { try digest(text) }
    }

    @Test func worksOnManyThreads() async throws {
        let expected = try digest(observedDeployment)
        await withTaskGroup { group in
            for _ in 0..<64 {
                group.addTask { (try? self.digest(self.observedDeployment)) == expected }
            }
            for await isSame in group { #expect(isSame) }
        }
    }

    @Test func fingerprintsStayTheSame() throws {
        let digest = try digest(#"{"spec":{"a":1,"b":"x","c":false}}"#)
        #expect(digest.fingerprint == "382d46c7acb94017")
    }
}
