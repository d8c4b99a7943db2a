// swift-tools-version: 6.2
import PackageDescription

let package = Package(
  name: "Benchmarks",
  platforms: [.macOS(.v13)],
  dependencies: [.package(name: "Martlet", path: "..")],
  targets: [
    .executableTarget(
      name: "benchmark",
      dependencies: [
        .product(name: "Martlet", package: "Martlet"),
        .product(name: "MartletKernels", package: "Martlet"),
      ])
  ],
  swiftLanguageModes: [.v6]
)
