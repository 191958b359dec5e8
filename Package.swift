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

/// What tests read: DAG files that they compile themselves, programs, recorded outputs.
let testExcludes = [
    "CLITests": ["Bundle", "Snapshots", "use_airflow_client.py"],
    "DAGBundlesTests": ["Fixtures"],
    "DAGKitTests": ["Fixtures", "MustNotCompile"],
    "HTTPClientTests": ["peer.py"],
    "OperatorsTests": ["fault_proxy.py", "sigv4_golden.py"],
    "WorkerTests": ["Fixtures"],
]

let log = Target.Dependency.product(name: "Logging", package: "swift-log")
let lifecycle = Target.Dependency.product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
let arguments = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
let signals = Target.Dependency.product(name: "UnixSignals", package: "swift-service-lifecycle")
let http: [Target.Dependency] = [
    .product(name: "Hummingbird", package: "hummingbird"), .product(name: "HummingbirdCore", package: "hummingbird"),
    .product(name: "HTTPTypes", package: "swift-http-types"), .product(name: "NIOCore", package: "swift-nio"),
    .product(name: "NIOPosix", package: "swift-nio"),
]

let package = Package(
    name: "slipstream",
    products: [
        .executable(name: "dagctl", targets: ["dagctl"]),
        .executable(name: "slipstream-runner", targets: ["slipstream-runner"]),
        .library(name: "DAGKit", type: .dynamic, targets: ["DAGKit"]),
        .library(name: "DAGTesting", targets: ["DAGTesting"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
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
        library("DAGTesting", ["DAGKit", "DAGModel", "WorkerProtocol"]),
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
        library(
            "Scheduler",
            ["DAGModel", "DAGBundles", "Store", "Postgres", "Supervision", "WorkerProtocol", lifecycle, log, crypto]),
        library(
            "Worker",
            ["DAGModel", "WorkerProtocol", "Operators", "Supervision", "HTTPClient", "CPosix", lifecycle, log, crypto]),
        library("WebAPI", ["DAGModel", "Store", "Postgres", lifecycle, log, crypto] + http),

        // program
        .executableTarget(
            name: "dagctl",
            dependencies: [
                "DAGModel", "DAGBundles", "Store", "Scheduler", "Worker", "WebAPI", "Operators", "HTTPClient",
                "Supervision", "WorkerProtocol", "Postgres", arguments, lifecycle, signals, log, crypto,
            ],
            swiftSettings: swiftSettings),
        // measurements: `make bench`, not installed
        .executableTarget(
            name: "slipstream-bench",
            dependencies: [
                "DAGModel", "Store", "Scheduler", "Worker", "Supervision", "Postgres", "DAGKit", "slipstream-runner",
                crypto,
                lifecycle, signals, log,
            ],
            swiftSettings: swiftSettings),

        // tests
        .target(
            name: "TestSupport", dependencies: ["DAGModel", "Postgres", "Supervision"], path: "Tests/TestSupport",
            swiftSettings: swiftSettings),
        .executableTarget(
            name: "worker-harness", dependencies: ["Worker", "Supervision", lifecycle, signals, log],
            path: "Tests/WorkerHarness", swiftSettings: swiftSettings),
        .executableTarget(
            name: "scheduler-harness",
            dependencies: ["Scheduler", "Store", "Postgres", "Supervision", lifecycle, signals, log],
            path: "Tests/SchedulerHarness", swiftSettings: swiftSettings),
        .target(
            name: "TestServers", dependencies: ["Supervision"], path: "Tests/TestServers", swiftSettings: swiftSettings),
        tests("ArchitectureTests", []),
        tests("CLITests", ["dagctl", "slipstream-runner", "Postgres", "Supervision", "TestServers", "TestSupport"]),
        tests("ConnectionTests", ["DAGModel", "Store"]),
        tests("DAGBundlesTests", ["DAGBundles", "DAGModel", "Supervision", "DAGKit", "slipstream-runner"]),
        tests("DAGTestingTests", ["DAGTesting", "DAGKit", "DAGModel"]),
        tests("DAGKitTests", ["DAGModel", "slipstream-runner"]),
        tests("DAGModelTests", ["DAGModel", "TestSupport"]),
        tests("EmbeddedPostgresTests", ["Store", log]),
        tests("HTTPClientTests", ["HTTPClient", "Supervision", "TestServers"]),
        tests(
            "OperatorsTests",
            ["Operators", "TestServers", "HTTPClient", "Supervision", "DAGKit", "DAGModel", "WorkerProtocol"]),
        tests("PostgresTests", ["Postgres", "Supervision", "TestSupport"]),
        tests(
            "RemoteWorkerTests",
            [
                "dagctl", "slipstream-runner", "DAGKit", "DAGModel", "Store", "Postgres", "Supervision", "TestSupport",
                crypto, log,
            ]),
        tests(
            "SchedulerTests",
            [
                "Scheduler", "DAGBundles", "Store", "DAGModel", "WorkerProtocol", "TestSupport", "Supervision",
                "Postgres", "DAGKit",
                "scheduler-harness", "worker-harness", "slipstream-runner", lifecycle, log, crypto,
            ]),
        tests("StoreTests", ["DAGModel", "Store", "Postgres", "Supervision", "TestSupport"]),
        tests("SupervisionTests", ["Supervision", "CPosix"]),
        tests(
            "WebAPITests",
            [
                "WebAPI", "Store", "DAGModel", "Postgres", "HTTPClient", "Supervision", "TestSupport", log, lifecycle,
                crypto,
                .product(name: "HummingbirdTesting", package: "hummingbird"),
                .product(name: "NIOEmbedded", package: "swift-nio"),
            ] + http),
        tests(
            "WorkerTests",
            [
                "Worker", "WorkerProtocol", "DAGModel", "Supervision", "CPosix", "worker-harness", "slipstream-runner",
                log,
            ]),
    ],
    swiftLanguageModes: [.v6]
)
