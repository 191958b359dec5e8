internal import DAGKit
internal import FoundationEssentials
package import HTTPClient

extension S3Client {
    /// A client for a connection of type `aws` in the form that tasks get it, as JSON.
    ///
    /// - Throws: ``OperatorError`` when it cannot be used as it stands.
    package init(connection json: [UInt8], http: HTTPSession) throws {
        do {
            let connection = try JSONDecoder().decode(TaskConnection.self, from: Data(json))
            self.init(try S3Settings(connection), http: http)
        } catch let error as FailTask {
            throw OperatorError(error.reason)
        } catch {
            throw OperatorError("a connection cannot be read: it is not in the expected form")
        }
    }
}
