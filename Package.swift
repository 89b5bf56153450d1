// swift-tools-version: 6.3
import PackageDescription

let strict: [SwiftSetting] = [.treatAllWarnings(as: .error)]

// For --version, by those who build packages. (Context.gitInformation would name an old commit: SwiftPM caches what it
// made of this file, and doesn't count that among what it was made from.)
let commit = Context.environment["CHARTS_TOKEN_COMMIT"].map { commit in
    [CSetting.define("CHARTS_TOKEN_COMMIT", to: "\"\(commit)\"")]
}

// What requests call lies side by side in the program (packaging/order-symbols): fewer pages to load and to map, a third
// less memory and CPU time for a CGI process.
let ordered: [LinkerSetting] = [
    .unsafeFlags(
        [
            "-use-ld=lld", "-Xlinker", "--no-warn-symbol-ordering",
            "-Xlinker", "--symbol-ordering-file=\(Context.packageDirectory)/packaging/symbol-order",
        ], .when(configuration: .release))
]

// What a static libcrypto takes from others, if it is Debian 13's.
let compression: [LinkerSetting] = [
    .unsafeFlags(
        ["--push-state", "--as-needed", "-lz", "-lzstd", "--pop-state"].flatMap { ["-Xlinker", $0] },
        .when(configuration: .release))
]

let package = Package(
    name: "charts-token",
    products: [
        .executable(name: "charts-token", targets: ["charts-token"])
    ],
    dependencies: [
        // Exact, so that a commit's program is always the same.
        .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2")
    ],
    targets: [
        .systemLibrary(name: "CFastCGI", pkgConfig: "fcgi", providers: [.apt(["libfcgi-dev"])]),
        .systemLibrary(name: "COpenSSL", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
        .systemLibrary(name: "CLinux"),
        .target(name: "CBuild", cSettings: commit),
        .target(
            name: "FastCGI", dependencies: ["CFastCGI", "CLinux"], exclude: ["README.md"], swiftSettings: strict),
        .target(name: "JOSE", dependencies: ["COpenSSL"], swiftSettings: strict, linkerSettings: compression),
        .target(name: "Tinybird", dependencies: ["JOSE"], swiftSettings: strict),
        .target(name: "TokenEndpoint", dependencies: ["FastCGI", "JOSE", "Tinybird"], swiftSettings: strict),
        .executableTarget(
            name: "charts-token",
            dependencies: [
                "CBuild", "FastCGI", "JOSE", "Tinybird", "TokenEndpoint",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: strict, linkerSettings: ordered),
        .executableTarget(
            name: "token-loop", dependencies: ["FastCGI", "TokenEndpoint"], path: "Tests/Benchmark/TokenLoop",
            swiftSettings: strict),
        .target(name: "SwiftSupport", path: "Tests/SwiftSupport", swiftSettings: strict),
        .testTarget(name: "FastCGITests", dependencies: ["FastCGI"], swiftSettings: strict),
        .testTarget(name: "JOSETests", dependencies: ["JOSE", "SwiftSupport"], swiftSettings: strict),
        .testTarget(name: "TinybirdTests", dependencies: ["Tinybird", "JOSE", "SwiftSupport"], swiftSettings: strict),
        .testTarget(
            name: "TokenEndpointTests", dependencies: ["TokenEndpoint", "FastCGI", "JOSE", "Tinybird", "SwiftSupport"],
            swiftSettings: strict),
    ],
    swiftLanguageModes: [.v6]
)
