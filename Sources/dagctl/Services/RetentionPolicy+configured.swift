import DAGModel
import Foundation

extension RetentionPolicy {
    /// What the environment variables of the retention say.
    ///
    /// - Throws: ``ServiceError`` that tells all that is wrong with them.
    static func configured(
        _ environment: [String: String] = ProcessInfo.processInfo.environment
    ) throws -> RetentionPolicy {
        let (policy, problems) = read(environment)
        guard problems.isEmpty else { throw ServiceError(problems.map(\.description).joined(separator: "\n")) }
        return policy
    }
}
