import Foundation
import MartletFormats
import MartletTraining

extension TrainingSnapshot {
  private static let key = "martlet.progress"

  /// Writes the snapshot to one safetensors file; the old file or the new one stands, never a part.
  public func write(to path: String, in files: some FileSystem = .disk) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    encoder.nonConformingFloatEncodingStrategy = .convertToString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    let progress = String(decoding: try encoder.encode(progress), as: UTF8.self)
    try SafeTensors.write(
      tensors.map { SafeTensors.Entry($0.name, $0.value.stored) }, metadata: [Self.key: progress],
      to: URL(filePath: path), in: files)
  }

  /// Reads a snapshot.
  ///
  /// - Throws: `FormatError` for a damaged file, a `Diagnostic` for one that is no snapshot.
  public init(contentsOf path: String, limits: LoadLimits = LoadLimits()) throws {
    let file = try SafeTensors(contentsOf: URL(filePath: path), limits: limits)
    guard let text = file.metadata[Self.key] else {
      throw Diagnostic(
        path, "the file is no checkpoint of a training", expected: "the entry \(Self.key)",
        got: file.metadata.keys.sorted().joined(separator: ", "))
    }
    let decoder = JSONDecoder()
    decoder.nonConformingFloatDecodingStrategy = .convertFromString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    let progress: Progress
    do {
      progress = try decoder.decode(Progress.self, from: Data(text.utf8))
    } catch {
      throw Diagnostic(path, "the progress in the checkpoint cannot be read", got: "\(error)")
    }
    // Files list tensors in an order of their own.
    func number(_ name: String) -> Int { Int(name.split(separator: "/").last ?? "") ?? 0 }
    let entries = file.entries.sorted { number($0.name) < number($1.name) }
    self.init(
      tensors: try entries.map { ($0.name, try Tensor($0.array)) }, progress: progress)
  }
}
