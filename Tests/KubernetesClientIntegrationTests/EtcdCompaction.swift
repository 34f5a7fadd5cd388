import TestRig

extension ControlPlane {
    /// Makes etcd forget all versions before this one, as the API server has it do every five minutes.
    func compactEtcd(at revision: Int) async throws {
        try await Command(
            "curl",
            [
                "-sSf", "--noproxy", "*", "-d", #"{"revision":"\#(revision)","physical":true}"#,
                "\(etcdURL)/v3/kv/compaction",
            ]
        ).runSuccessfully(deadline: .seconds(30))
    }
}
