// swift-tools-version: 6.2
import PackageDescription

// Fuzz targets, outside every ordinary build; Fuzzing/run builds and runs one of them:
//
//     Fuzzing/run fuzz-inflate 60

/// libFuzzer brings the `main` function.
let fuzzed: [SwiftSetting] = [.unsafeFlags(["-parse-as-library"])]

let package = Package(
  name: "Fuzzing",
  platforms: [.macOS(.v13)],
  dependencies: [.package(name: "Martlet", path: "..")],
  targets: [
    "fuzz-inflate", "fuzz-idx", "fuzz-safetensors", "fuzz-zip", "fuzz-hdf5", "fuzz-npy",
    "fuzz-png", "fuzz-csv", "fuzz-lists", "fuzz-graphs",
  ].map { name in
    .executableTarget(
      name: name, dependencies: [.product(name: "Martlet", package: "Martlet"), "FuzzSupport"],
      swiftSettings: fuzzed)
  } + [.target(name: "FuzzSupport")],
  swiftLanguageModes: [.v6]
)
