// swift-tools-version: 6.3

import PackageDescription

/// Every target of ours builds in Swift 6 mode, with the upcoming features of Swift 7 and with
/// warnings as errors. `InternalImportsByDefault` also guards the floors: a lower target's types
/// appear in a target's interface only where its import says so.
let house: [SwiftSetting] = [
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InferIsolatedConformances"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .enableUpcomingFeature("ImmutableWeakCaptures"),
]

let argumentParser = Target.Dependency.product(
    name: "ArgumentParser", package: "swift-argument-parser")
let asyncHTTPClient = Target.Dependency.product(
    name: "AsyncHTTPClient", package: "async-http-client")
let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
let grdb = Target.Dependency.product(name: "GRDB", package: "GRDB.swift")
let hummingbird = Target.Dependency.product(name: "Hummingbird", package: "hummingbird")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let mustache = Target.Dependency.product(name: "Mustache", package: "swift-mustache")
let nioCore = Target.Dependency.product(name: "NIOCore", package: "swift-nio")
let nioFoundationCompat = Target.Dependency.product(
    name: "NIOFoundationCompat", package: "swift-nio")
let nioHTTP1 = Target.Dependency.product(name: "NIOHTTP1", package: "swift-nio")
let nioPosix = Target.Dependency.product(name: "NIOPosix", package: "swift-nio")
let nioSSL = Target.Dependency.product(name: "NIOSSL", package: "swift-nio-ssl")
let subprocess = Target.Dependency.product(name: "Subprocess", package: "swift-subprocess")
let systemPackage = Target.Dependency.product(name: "SystemPackage", package: "swift-system")
let yams = Target.Dependency.product(name: "Yams", package: "Yams")

let package = Package(
    name: "spillway",
    platforms: [.macOS(.v15)],
    products: [
        .executable(name: "spillway", targets: ["spillway"]),
        .executable(name: "spillway-worker", targets: ["worker"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
        .package(url: "https://github.com/apple/swift-crypto", exact: "4.5.2"),
        .package(url: "https://github.com/apple/swift-log", exact: "1.16.2"),
        .package(url: "https://github.com/apple/swift-system", exact: "1.8.1"),
        .package(url: "https://github.com/apple/swift-nio", exact: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", exact: "2.37.6"),
        .package(url: "https://github.com/groue/GRDB.swift", exact: "7.10.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", exact: "2.28.1"),
        .package(url: "https://github.com/hummingbird-project/swift-mustache", exact: "2.1.1"),
        .package(url: "https://github.com/jpsim/Yams", exact: "6.2.2"),
        .package(url: "https://github.com/swift-server/async-http-client", exact: "1.37.0"),
        .package(url: "https://github.com/swiftlang/swift-subprocess", exact: "1.0.2"),
    ],
    targets: [
        // Floor 0
        .target(name: "Vocabulary", swiftSettings: house),
        .systemLibrary(name: "CZlib", providers: [.apt(["zlib1g-dev"])]),

        // Floor 1: values
        .target(name: "Ledger", dependencies: ["Vocabulary"], swiftSettings: house),
        .target(name: "Metering", dependencies: ["Vocabulary"], swiftSettings: house),
        .target(name: "Pricing", dependencies: ["Vocabulary"], swiftSettings: house),
        .target(name: "Fleet", dependencies: ["Vocabulary"], swiftSettings: house),
        .target(name: "Guardrails", swiftSettings: house),
        .target(name: "Wire", dependencies: ["Vocabulary", "CZlib"], swiftSettings: house),

        // Floor 2: decisions, and the program of a Slurm node
        .target(
            name: "RequestPath",
            dependencies: ["Vocabulary", "Metering", "Pricing", "Fleet", "Wire"],
            swiftSettings: house),
        .target(
            name: "CapacityPath", dependencies: ["Vocabulary", "Pricing", "Fleet"],
            swiftSettings: house),
        .target(
            name: "Link",
            dependencies: ["Vocabulary", "Metering", "Pricing", "Fleet", "Guardrails", nioCore],
            swiftSettings: house),
        .target(
            name: "Commerce",
            dependencies: ["Vocabulary", "Ledger", "Metering", "Pricing"],
            swiftSettings: house),
        .target(name: "LeaseWork", swiftSettings: house),
        .target(name: "Batches", dependencies: ["Vocabulary"], swiftSettings: house),
        .target(
            name: "Records",
            dependencies: ["Vocabulary", "Ledger", "Metering", "Pricing", "Fleet", "Guardrails"],
            swiftSettings: house),

        // Floor 3: the world
        .target(
            name: "Store",
            dependencies: [
                "Vocabulary", "Ledger", "Metering", "Pricing", "Fleet", "Guardrails", "Records",
                grdb,
            ],
            swiftSettings: house),
        .target(
            name: "Clusters",
            dependencies: [
                "Vocabulary", "Fleet", "CapacityPath", "LeaseWork", "Link", asyncHTTPClient,
                logging,
                nioCore, nioHTTP1, nioFoundationCompat, nioPosix, subprocess, systemPackage,
            ],
            swiftSettings: house),
        .target(
            name: "Engines",
            dependencies: [
                "Vocabulary", "Fleet", asyncHTTPClient, nioCore, nioFoundationCompat, nioHTTP1,
            ],
            swiftSettings: house),
        .target(
            name: "Gateway",
            dependencies: [
                "Vocabulary", "Metering", "Pricing", "Fleet", "Guardrails", "Wire", "RequestPath",
                "Link",
                crypto, logging, nioCore, nioHTTP1, nioPosix, nioSSL,
            ],
            swiftSettings: house),
        .target(
            name: "Control",
            dependencies: [
                "Vocabulary", "Ledger", "Metering", "Pricing", "Fleet", "Guardrails", "Wire",
                "CapacityPath", "Link",
                "Commerce", "Batches", "Records", crypto, hummingbird, logging, mustache, nioCore,
                nioHTTP1,
                nioPosix, nioSSL, yams,
            ],
            swiftSettings: house),
        .target(
            name: "Commands",
            dependencies: [
                "Vocabulary", "Metering", "Pricing", "Fleet", "Wire", "CapacityPath", "Commerce",
                "CZlib", argumentParser, asyncHTTPClient, nioCore, nioHTTP1, nioPosix, nioSSL,
            ],
            swiftSettings: house),

        // Floor 4: the composition root
        .executableTarget(
            name: "spillway",
            dependencies: [
                "Vocabulary", "Metering", "Pricing", "Fleet", "Wire", "CapacityPath", "Link",
                "Commerce", "Store", "Clusters", "Engines", "Gateway", "Control",
                "Commands", argumentParser, logging,
            ],
            swiftSettings: house),
        // Whole in itself, because nodes have neither Swift nor the libraries of this machine.
        .executableTarget(
            name: "worker", dependencies: ["LeaseWork"], swiftSettings: house,
            linkerSettings: [.unsafeFlags(["-static-executable", "-Xlinker", "-s"])]),

        // Tests: values, seeded simulation, real parts on loopback, the product as its user meets
        // it
        .target(
            name: "TestKit", dependencies: ["Vocabulary"], path: "Tests/TestKit",
            swiftSettings: house),
        .testTarget(
            name: "VocabularyTests", dependencies: ["Vocabulary", "TestKit"], swiftSettings: house),
        .testTarget(
            name: "LedgerTests", dependencies: ["Vocabulary", "Ledger", "TestKit"],
            swiftSettings: house),
        .testTarget(
            name: "MeteringTests", dependencies: ["Vocabulary", "Metering", "TestKit"],
            swiftSettings: house),
        .testTarget(
            name: "PricingTests", dependencies: ["Vocabulary", "Pricing", "TestKit"],
            swiftSettings: house),
        .testTarget(
            name: "GuardrailsTests", dependencies: ["Guardrails", "TestKit"], swiftSettings: house),
        .testTarget(
            name: "WireTests", dependencies: ["Vocabulary", "Wire", "TestKit"], swiftSettings: house
        ),
        .testTarget(
            name: "RequestPathTests",
            dependencies: [
                "Vocabulary", "Metering", "Pricing", "Fleet", "Wire", "Link", "RequestPath",
                "TestKit",
            ],
            swiftSettings: house),
        .testTarget(
            name: "CapacityPathTests",
            dependencies: [
                "Vocabulary", "Pricing", "Fleet", "CapacityPath", "Clusters", "TestKit",
            ],
            swiftSettings: house),
        .testTarget(
            name: "CommerceTests",
            dependencies: ["Vocabulary", "Ledger", "Metering", "Pricing", "Commerce", "TestKit"],
            swiftSettings: house),
        .testTarget(
            name: "StoreTests",
            dependencies: [
                "Vocabulary", "Ledger", "Metering", "Pricing", "Fleet", "Records", "Store",
                "TestKit", grdb,
            ],
            swiftSettings: house),
        .testTarget(
            name: "ClustersTests",
            dependencies: [
                "Vocabulary", "Pricing", "Fleet", "CapacityPath", "Link", "Clusters", "Engines",
                "TestKit", logging, nioCore, nioPosix,
            ],
            swiftSettings: house),
        .testTarget(
            name: "LeaseWorkTests", dependencies: ["LeaseWork", "TestKit"], swiftSettings: house),
        .testTarget(
            name: "BatchesTests", dependencies: ["Vocabulary", "Batches", "TestKit"],
            swiftSettings: house),
        .testTarget(
            name: "GatewayTests",
            dependencies: [
                "Vocabulary", "Metering", "Pricing", "Fleet", "Guardrails", "Wire", "Link",
                "RequestPath", "Gateway", "TestKit",
                crypto, logging, nioCore, nioHTTP1, nioPosix,
            ],
            swiftSettings: house),
        .testTarget(
            name: "ControlTests",
            dependencies: [
                "Vocabulary", "Ledger", "Metering", "Pricing", "Fleet", "Guardrails", "Wire",
                "CapacityPath", "Link", "RequestPath",
                "Commerce", "Records", "Store", "Control", "Clusters",
                "TestKit",
                asyncHTTPClient, crypto, grdb, logging, nioCore, nioHTTP1, nioPosix,
            ],
            swiftSettings: house),
        .testTarget(
            name: "CommandsTests",
            dependencies: [
                "Vocabulary", "Metering", "Pricing", "Fleet", "Wire", "CapacityPath", "Commerce",
                "Commands", "TestKit", argumentParser,
            ],
            swiftSettings: house),
        .testTarget(name: "TidyTests", dependencies: ["TestKit"], swiftSettings: house),
    ],
    swiftLanguageModes: [.v6]
)
