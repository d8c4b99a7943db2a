// swift-tools-version: 6.2
import PackageDescription

let package = Package(
  name: "Benchmarks",
  platforms: [.macOS(.v13)],
  traits: [.trait(name: "OpenBLAS", description: "Measures matmul with the system's OpenBLAS.")],
  dependencies: [
    .package(
      name: "Martlet", path: "..",
      traits: [.trait(name: "OpenBLAS", condition: .when(traits: ["OpenBLAS"]))])
  ],
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
