// swift-tools-version: 6.2
import PackageDescription

let strict: [SwiftSetting] = [.treatAllWarnings(as: .error)]

let package = Package(
    name: "charts-token",
    products: [
        .executable(name: "charts-token", targets: ["charts-token"])
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2")
    ],
    targets: [
        .systemLibrary(name: "CFastCGI", pkgConfig: "fcgi", providers: [.apt(["libfcgi-dev"])]),
        .systemLibrary(name: "COpenSSL", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
        .target(name: "FastCGI", dependencies: ["CFastCGI"], swiftSettings: strict),
        .target(name: "JOSE", dependencies: ["COpenSSL"], swiftSettings: strict),
        .target(name: "Tinybird", dependencies: ["JOSE"], swiftSettings: strict),
        .target(name: "TokenEndpoint", dependencies: ["FastCGI", "JOSE", "Tinybird"], swiftSettings: strict),
        .executableTarget(
            name: "charts-token",
            dependencies: [
                "FastCGI", "JOSE", "Tinybird", "TokenEndpoint",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: strict),
        .testTarget(name: "FastCGITests", dependencies: ["FastCGI"], swiftSettings: strict),
        .testTarget(name: "JOSETests", dependencies: ["JOSE"], swiftSettings: strict),
        .testTarget(name: "TinybirdTests", dependencies: ["Tinybird", "JOSE"], swiftSettings: strict),
        .testTarget(
            name: "TokenEndpointTests", dependencies: ["TokenEndpoint", "FastCGI", "JOSE", "Tinybird"],
            swiftSettings: strict),
    ],
    swiftLanguageModes: [.v6]
)
