import HTTPClient
import Operators
import Store

/// Large outputs in S3, through the connections of the installation.
struct S3Outputs: OutputObjects {
    let secrets: StoreSecrets
    let http: HTTPSession

    func put(_ bytes: [UInt8], at place: OutputPlace) async throws {
        try await client(place).put(bytes, to: try location(place), contentType: "application/json")
    }

    func get(_ place: OutputPlace, _ range: Range<Int>?) async throws -> [UInt8]? {
        let client = try await client(place)
        do {
            if let range { return try await client.get(try location(place), range) }
            return try await client.get(try location(place), limit: 64 << 20)
        } catch let error as S3Error where error.isNotFound {
            return nil
        }
    }

    func remove(_ place: OutputPlace) async throws { try await client(place).delete(try location(place)) }

    private func client(_ place: OutputPlace) async throws -> S3Client {
        guard let connection = try await secrets.connection(place.connection) else {
            throw ServiceError("there is no connection \(place.connection): add it with `dagctl connections add`")
        }
        return try S3Client(connection: connection, http: http)
    }

    private func location(_ place: OutputPlace) throws -> S3Location { try S3Location(place.uri) }
}
