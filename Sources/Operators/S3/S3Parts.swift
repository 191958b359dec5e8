/// How an object is cut into the parts of a multipart upload: at most 10,000, all but the last of the same size.
struct S3Parts: Sendable, Hashable {
    struct Part: Sendable, Hashable {
        /// From 1.
        var number: Int
        var offset: Int64
        var length: Int64
    }

    let size: Int64
    let partSize: Int64

    /// - Parameter smallest: In bytes; S3 wants at least 5 MiB. Defaults to 8 MiB.
    init(size: Int64, smallest: Int64 = 8 << 20) {
        self.size = size
        let megabyte: Int64 = 1 << 20
        let needed = (size + 9_999) / 10_000
        partSize = max(smallest, (needed + megabyte - 1) / megabyte * megabyte)
    }

    var all: [Part] {
        stride(from: 0, to: max(size, 1), by: Int64.Stride(partSize)).enumerated().map { index, offset in
            Part(number: index + 1, offset: offset, length: min(partSize, size - offset))
        }
    }
}

/// A part that the server has.
struct S3DonePart: Sendable, Hashable {
    var number: Int
    /// Without its quotes.
    var etag: String
}

/// Runs `work` on every element, at most `limit` at a time, and gives the results in the elements' order. The first failure
/// cancels the rest.
func inParallel<Element: Sendable, Result: Sendable>(
    _ elements: [Element], limit: Int, _ work: @escaping @Sendable (Element) async throws -> Result
) async throws -> [Result] {
    try await withThrowingTaskGroup(of: (Int, Result).self) { group in
        var results = [Result?](repeating: nil, count: elements.count)
        var next = 0
        func start() {
            guard next < elements.count else { return }
            let index = next
            next += 1
            group.addTask { (index, try await work(elements[index])) }
        }
        for _ in 0..<limit { start() }
        while let (index, result) = try await group.next() {
            results[index] = result
            start()
        }
        return results.compactMap { $0 }
    }
}
