// swift-tools-version: 6.2
import PackageDescription

// The arrows between the modules, and nothing else. Which module may know which, and why, is in
// ARCHITECTURE.md.

/// The loops stay optimised in a debug build too, a dependent's included: without it every vector
/// intrinsic is a function call there.
let fastC: [CSetting] = [
  .unsafeFlags(["-O3", "-ffp-contract=off", "-fno-math-errno", "-fno-trapping-math"])
]

/// Modules whose inner loops are Swift: optimised in every build, with all checks kept.
let fastSwift: [SwiftSetting] = [.unsafeFlags(["-O"])]

let package = Package(
  name: "Martlet",
  platforms: [.macOS(.v13), .iOS(.v16)],
  products: [
    .library(name: "Martlet", targets: ["Martlet"]),
    // The loops by themselves, for measuring what the machine and they can do.
    .library(name: "MartletKernels", targets: ["CKernels"]),
  ],
  traits: [
    .trait(
      name: "OpenBLAS", description: "Matrix products by the system's OpenBLAS (libopenblas-dev).")
  ],
  targets: [
    .target(
      name: "CKernels", cSettings: fastC,
      linkerSettings: [.linkedLibrary("m", .when(platforms: [.linux, .android]))]),
    .systemLibrary(
      name: "COpenBLAS", pkgConfig: "openblas",
      providers: [.apt(["libopenblas-dev"]), .brew(["openblas"])]),
    .target(
      name: "MartletTensors",
      dependencies: [
        "CKernels", .target(name: "COpenBLAS", condition: .when(traits: ["OpenBLAS"])),
      ],
      swiftSettings: fastSwift),
    .target(name: "MartletFormats", swiftSettings: fastSwift),
    .target(name: "MartletLayers", dependencies: ["MartletTensors"]),
    .target(
      name: "MartletData", dependencies: ["MartletTensors", "MartletFormats"],
      swiftSettings: fastSwift),
    .target(name: "MartletTraining", dependencies: ["MartletLayers", "MartletData"]),
    .target(name: "MartletSaving", dependencies: ["MartletTraining", "MartletFormats"]),
    .target(
      name: "Martlet",
      dependencies: [
        "MartletTensors", "MartletFormats", "MartletLayers", "MartletData", "MartletTraining",
        "MartletSaving",
      ]),
    .target(name: "ExampleSupport", dependencies: ["Martlet"], path: "Examples/Support"),
    .executableTarget(
      name: "raw-tensors", dependencies: ["Martlet", "ExampleSupport"],
      path: "Examples/raw-tensors"),
    .executableTarget(
      name: "lenet", dependencies: ["Martlet", "ExampleSupport"], path: "Examples/lenet"),
    .executableTarget(
      name: "mnist99", dependencies: ["Martlet", "ExampleSupport"], path: "Examples/mnist99"),
    .executableTarget(
      name: "custom-loop", dependencies: ["Martlet", "ExampleSupport"],
      path: "Examples/custom-loop"),
    .target(name: "CKernelChecks", dependencies: ["CKernels"], path: "Tests/CKernelChecks"),
    .executableTarget(
      name: "kernel-checks", dependencies: ["CKernelChecks", "CKernels"],
      path: "Tests/CKernelChecksMain"),
    .testTarget(name: "CKernelsTests", dependencies: ["CKernelChecks", "CKernels"]),
    .testTarget(
      name: "MartletTensorsTests", dependencies: ["MartletTensors", "MartletFormats"],
      exclude: ["Goldens"]),
    // A file system whose every step can fail, for the tests of whatever writes files.
    .target(name: "FileFaults", dependencies: ["MartletFormats"], path: "Tests/FileFaults"),
    .testTarget(
      name: "MartletFormatsTests", dependencies: ["MartletFormats", "FileFaults"],
      exclude: ["Goldens"]),
    // Vectors made by Keras, and how the tests read them.
    .target(
      name: "KerasGoldens",
      dependencies: ["MartletTensors", "MartletFormats", "MartletLayers"],
      path: "Tests/KerasGoldens", exclude: ["Vectors", "Generator"]),
    .testTarget(name: "MartletLayersTests", dependencies: ["MartletLayers", "KerasGoldens"]),
    .testTarget(
      name: "MartletDataTests", dependencies: ["MartletData"], exclude: ["Goldens"]),
    .testTarget(name: "MartletTrainingTests", dependencies: ["MartletTraining", "KerasGoldens"]),
    .testTarget(
      name: "MartletSavingTests", dependencies: ["MartletSaving", "KerasGoldens", "FileFaults"]),
  ],
  swiftLanguageModes: [.v6]
)
