internal import DAGKit
internal import DAGModel
internal import HTTPClient

extension S3KeySensor: OperatorRunner {
    func run(_ context: any OperatorContext) async throws -> String {
        let place = try S3Location(key.text)
        let client = try await context.s3(connection)
        let clock = ContinuousClock()
        let end = clock.now + .seconds(timeout)
        while true {
            if try await isThere(place, client, context) {
                context.log("\(place) is there")
                return place.description
            }
            let pause = Duration.seconds(max(pokeInterval, 0.01))
            guard clock.now + pause <= end else { throw timedOut(place) }
            try await context.sleep(for: pause)
        }
    }

    private func isThere(_ place: S3Location, _ client: S3Client, _ context: any OperatorContext) async throws -> Bool {
        do {
            return place.isPrefix ? try await !client.isEmpty(place) : try await client.exists(place)
        } catch  where error.isTransientInS3 {
            context.log("cannot look for \(place) now, and try again: \(error)")
            return false
        }
    }

    private func timedOut(_ place: S3Location) -> any Error {
        let reason = "\(place) did not appear within \(timeout) seconds"
        return softFail ? SkipTask(reason) : FailTask(reason)
    }
}
