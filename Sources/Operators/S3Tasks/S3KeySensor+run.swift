internal import DAGKit
internal import DAGModel
internal import HTTPClient

extension S3KeySensor: OperatorRunner {
    func run(_ context: any OperatorContext) async throws -> String {
        let place = try S3Location(key.text)
        let client = try await context.s3(connection)
        var looks = SensorLooks(schedule, context.spec)
        while true {
            if try await isThere(place, client, context) {
                context.log("\(place) is there")
                return place.description
            }
            try await context.sleep(for: try looks.pause("\(place)"))
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

    private var schedule: SensorSchedule {
        SensorSchedule(
            SensorPace(
                interval: pokeInterval, timeout: timeout, exponentialBackoff: exponentialBackoff ?? false,
                maximumWait: maxWait),
            mode: mode ?? .poke, softFail: softFail)
    }
}
