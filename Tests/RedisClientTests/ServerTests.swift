import Testing

/// What needs a server, one test after another: each has a server of its own, and some judge times.
@Suite(.serialized) struct ServerTests {}
