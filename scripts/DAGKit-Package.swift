// swift-tools-version: 6.2
import PackageDescription

let swiftSettings: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
]

let package = Package(
    name: "DAGKit",
    products: [
        .library(name: "DAGKit", targets: ["DAGKit"]), .library(name: "DAGTesting", targets: ["DAGTesting"]),
    ],
    targets: [
        .target(name: "CPosix"),
        .target(name: "DAGModel", swiftSettings: swiftSettings),
        .target(name: "WorkerProtocol", dependencies: ["DAGModel"], swiftSettings: swiftSettings),
        .target(name: "DAGKit", dependencies: ["DAGModel", "WorkerProtocol", "CPosix"], swiftSettings: swiftSettings),
        .target(name: "DAGTesting", dependencies: ["DAGKit", "DAGModel", "WorkerProtocol"], swiftSettings: swiftSettings),
    ],
    swiftLanguageModes: [.v6]
)
