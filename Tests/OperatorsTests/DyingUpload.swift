import DAGKit
import DAGModel
import Foundation
import Glibc
import HTTPClient
@testable import Operators
import Supervision
import TestServers

/// The part of a test that runs in a process that is killed.
enum DyingUpload {
    /// Uploads `work/big`, and kills this process when the file `die` appears.
    static func run(_ endpoint: String, _ folder: String) async throws {
        let loop = try EventLoop(name: "dying")
        let http = try await HTTPSession(on: loop)
        let json = """
            {"connection_id": "minio", "conn_type": "aws", "login": "\(S3TestServer.accessKey)",
             "password": "\(S3TestServer.secretKey)", "extra": {"endpoint_url": "\(endpoint)"}}
            """
        let client = S3Client(
            try S3Settings(JSONDecoder().decode(TaskConnection.self, from: Data(json.utf8))), http: http)
        await loop.run {
            _ = loop.schedule(after: .zero, every: .milliseconds(5)) {
                if access("\(folder)/die", F_OK) == 0 { kill(getpid(), SIGKILL) }
            }
        }
        let place = S3Location(bucket: "bucket", key: "big")
        let records = "\(folder)/work/.uploads"
        try WorkFiles.makeFolder(records)
        _ = try await client.upload(
            "\(folder)/work/big", to: place,
            record: "\(records)/\(ContentDigest(of: Array(place.description.utf8)).sha256)")
    }
}
