import Foundation
import MartletTraining

/// Runs a body with the path of a folder that is removed afterwards.
func withTemporaryFolder<Result>(_ body: (String) throws -> Result) throws -> Result {
  let folder = FileManager.default.temporaryDirectory
    .appending(path: "martlet-\(UInt64.random(in: 0 ... .max))")
  try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(at: folder) }
  return try body(folder.path)
}

/// Numbers without a meaning, the same in each run.
func sample(_ shape: [Int], seed: UInt64 = 5) -> Tensor {
  Tensor.randomNormal(shape, using: RandomSource(seed: seed)).evaluated()
}
