internal import WorkerProtocol

/// Gets artifacts for attempts: each is fetched once, however many wait for it. Confined to the loop.
final class ArtifactFetcher {
    typealias Completion = (Result<[String], AttemptFailure>) -> Void

    private struct Waiter {
        let attempt: Attempt
        let isArchive: Bool
        let completion: (Result<String, AttemptFailure>) -> Void
    }

    let cache: ArtifactCache
    private var waiting: [String: [Waiter]] = [:]

    init(_ cache: ArtifactCache) { self.cache = cache }

    /// Gives the paths of the artifacts when all are there, at once if they are. An empty hash has an empty path. The first is a
    /// compiled file when there are two, and the last the archive of helper files.
    func need(_ hashes: [String], for attempt: Attempt, _ completion: @escaping Completion) {
        var paths: [String] = []
        func next() {
            guard paths.count < hashes.count else { return completion(.success(paths)) }
            one(hashes[paths.count], isArchive: paths.count == hashes.count - 1, for: attempt) { result in
                switch result {
                case .success(let path):
                    paths.append(path)
                    next()
                case .failure(let failure): completion(.failure(failure))
                }
            }
        }
        next()
    }

    /// The attempt has ended; if it was the one that asked, the next asks.
    func forget(_ attempt: Attempt) {
        for (hash, waiters) in waiting where waiters.contains(where: { $0.attempt === attempt }) {
            let wasFirst = waiters.first?.attempt === attempt
            let rest = waiters.filter { $0.attempt !== attempt }
            waiting[hash] = rest.isEmpty ? nil : rest
            if wasFirst, let next = rest.first { ask(hash, next) }
        }
    }

    private func one(
        _ hash: String, isArchive: Bool, for attempt: Attempt,
        _ completion: @escaping (Result<String, AttemptFailure>) -> Void
    ) {
        if hash.isEmpty { return completion(.success("")) }
        if let path = cache.path(of: hash) { return completion(.success(path)) }
        let waiter = Waiter(attempt: attempt, isArchive: isArchive, completion: completion)
        waiting[hash, default: []].append(waiter)
        if waiting[hash]?.count == 1 { ask(hash, waiter) }
    }

    private func ask(_ hash: String, _ waiter: Waiter) {
        waiter.attempt.supervisor.ask(.artifact(hash), for: waiter.attempt) { [self] answer in
            let result = stored(answer, as: hash, isArchive: waiter.isArchive)
            for waiter in waiting.removeValue(forKey: hash) ?? [] { waiter.completion(result) }
        }
    }

    private func stored(_ answer: QueryAnswer, as hash: String, isArchive: Bool) -> Result<String, AttemptFailure> {
        switch answer {
        case .value(let bytes):
            do { return .success(try cache.store(bytes, as: hash, unpacking: isArchive)) } catch {
                return .failure(AttemptFailure(.infrastructure, "the worker could not keep an artifact: \(error)"))
            }
        case .refused(let reason): return .failure(AttemptFailure(.infrastructure, reason))
        case .failed(let reason): return .failure(AttemptFailure(.infrastructure, reason))
        case .later: return .failure(AttemptFailure(.infrastructure, "the leader could not give the artifact \(hash)"))
        }
    }
}
