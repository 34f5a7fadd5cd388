import Glibc

/// Standard output as whole lines: one `write` a line, so that lines of several threads do not mix.
package enum StandardOutput {
    /// Writes `line` and a line feed. A closed or failing standard output is ignored: there is nowhere left to say so.
    package static func write(_ line: String) {
        var bytes = Array(line.utf8)
        bytes.append(UInt8(ascii: "\n"))
        var done = 0
        unsafe bytes.withUnsafeBytes { buffer in
            while done < buffer.count {
                let count = unsafe Glibc.write(
                    STDOUT_FILENO, buffer.baseAddress?.advanced(by: done), buffer.count - done)
                if count < 0 && errno == EINTR { continue }
                if count <= 0 { return }
                done += count
            }
        }
    }
}
