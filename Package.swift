// swift-tools-version: 6.2
import PackageDescription

/// Every Swift target is built the same way: Swift 6, the upcoming features that make imports and isolation explicit, and
/// warnings that stop the build.
let swiftSettings: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .treatAllWarnings(as: .error),
]

func library(_ name: String, _ dependencies: [Target.Dependency] = [], resources: [Resource]? = nil) -> Target {
    .target(name: name, dependencies: dependencies, resources: resources, swiftSettings: swiftSettings)
}

func tests(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .testTarget(
        name: name, dependencies: dependencies, exclude: testExcludes[name] ?? [], swiftSettings: swiftSettings)
}

let testExcludes: [String: [String]] = [:]

let log = Target.Dependency.product(name: "Logging", package: "swift-log")
let lifecycle = Target.Dependency.product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
let collections = Target.Dependency.product(name: "Collections", package: "swift-collections")
let arguments = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
let hummingbird = Target.Dependency.product(name: "Hummingbird", package: "hummingbird")

let package = Package(
    name: "slipstream",
    products: [
        .executable(name: "dagctl", targets: ["dagctl"]),
        .executable(name: "slipstream-runner", targets: ["slipstream-runner"]),
        .library(name: "DAGKit", type: .dynamic, targets: ["DAGKit"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/CoreOffice/XMLCoder", from: "0.18.2"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    ],
    targets: [
        // C
        .systemLibrary(name: "CPostgres", pkgConfig: "libpq", providers: [.apt(["libpq-dev"])]),
        .systemLibrary(name: "CGit", pkgConfig: "libgit2", providers: [.apt(["libgit2-dev"])]),
        .systemLibrary(name: "CUV", pkgConfig: "libuv", providers: [.apt(["libuv1-dev"])]),
        .target(name: "CCurl", linkerSettings: [.linkedLibrary("curl")]),
        .target(name: "CPosix"),

        // pure
        library("DAGModel"),

        // adapters
        library("Supervision", ["CUV", "CPosix", log]),
        library("Postgres", ["CPostgres", "Supervision", log]),
        library("HTTPClient", ["CCurl", "Supervision", log]),

        // protocol and authoring
        library("WorkerProtocol", ["DAGModel"]),
        .target(
            name: "DAGKit", dependencies: ["DAGModel", "WorkerProtocol", "CPosix"], swiftSettings: swiftSettings,
            // The name that compiled DAG files ask for; SwiftPM gives its libraries none.
            linkerSettings: [.unsafeFlags(["-Xlinker", "-soname=libDAGKit.so"])]),
        .executableTarget(name: "slipstream-runner", linkerSettings: [.linkedLibrary("dl")]),

        // bundles, state, operators
        library("DAGBundles", ["DAGModel", "CGit", "CPosix", "Supervision", crypto, log]),
        library(
            "Store", ["DAGModel", "Postgres", "Supervision", "CPosix", crypto, log, "Yams"],
            resources: [.embedInCode("Migrations/V0001_initial.sql")]),
        library(
            "Operators",
            ["DAGKit", "DAGModel", "WorkerProtocol", "HTTPClient", "Supervision", crypto, log, "XMLCoder"]),

        // services
        library("Scheduler", ["DAGModel", "DAGBundles", "Store", "Supervision", "WorkerProtocol", lifecycle, log]),
        library(
            "Worker",
            ["DAGModel", "WorkerProtocol", "Operators", "Supervision", "HTTPClient", "CPosix", lifecycle, log, crypto]),
        library("WebAPI", ["DAGModel", "Store", hummingbird, lifecycle, log, crypto]),

        // program
        .executableTarget(
            name: "dagctl",
            dependencies: [
                "DAGModel", "DAGBundles", "Store", "Scheduler", "Worker", "WebAPI", "Operators", "HTTPClient",
                "Supervision", "WorkerProtocol", "Postgres", arguments, lifecycle, log,
            ],
            swiftSettings: swiftSettings),
        // measurements: `make bench`, not installed
        .executableTarget(
            name: "slipstream-bench",
            dependencies: [
                "DAGModel", "Store", "Scheduler", "Worker", "Supervision", "Postgres", "DAGKit", "slipstream-runner", crypto,
                lifecycle, log, .product(name: "UnixSignals", package: "swift-service-lifecycle"),
            ],
            swiftSettings: swiftSettings),

        // tests
        tests("DAGModelTests", ["DAGModel"]),
        tests("SupervisionTests", ["Supervision", "CPosix"]),
        tests("StoreTests", ["DAGModel", "Store"]),
        tests("ConnectionTests", ["DAGModel", "Store"]),
        .target(
            name: "TestSupport", dependencies: ["Postgres", "Supervision"], path: "Tests/TestSupport",
            swiftSettings: swiftSettings),
        tests("PostgresTests", ["Postgres", "Supervision", "TestSupport"]),
        tests("EmbeddedPostgresTests", ["Store", log]),
    ],
    swiftLanguageModes: [.v6]
)
