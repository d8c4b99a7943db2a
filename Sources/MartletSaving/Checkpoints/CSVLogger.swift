import Foundation
import MartletFormats
import MartletTraining

/// Writes a line of a CSV file for each epoch: its number, from 0, and the logs, sorted by name.
///
/// There is a column for all that the logs will have, those of a validation that comes later too; a
/// value that an epoch does not have is `NA`. A run that is continued from a checkpoint goes on behind
/// the lines that were written when the checkpoint was.
public final class CSVLogger: Callback {
  /// The file.
  public let path: String
  /// What stands between two values.
  public let separator: String
  /// Whether lines are added to a file that is there.
  public let append: Bool
  /// What the file held as training began.
  private var before = ""
  private var text = ""

  /// Creates the callback; with `append` it adds to a file that is there.
  public init(_ path: String, separator: String = ",", append: Bool = false) {
    self.path = path
    self.separator = separator
    self.append = append
  }

  public func trainingBegan(_ run: TrainingRun) throws {
    before = ""
    if FileManager.default.fileExists(atPath: path) {
      before = String(decoding: try FileReading.bytes(of: URL(filePath: path)), as: UTF8.self)
    }
    text = append ? before : ""
    if !text.isEmpty, !text.hasSuffix("\n") { text += "\n" }
    // A place that cannot be written is found out before the first step; what stands there may still
    // be needed.
    try write(before)
  }

  public func epochBegan(_ epoch: Int, _ run: TrainingRun) throws {
    if before != text {
      try write(text)
      before = text
    }
  }

  public func epochEnded(_ epoch: Int, _ run: TrainingRun) throws {
    if text.isEmpty {
      text = (["epoch"] + run.columns).joined(separator: separator) + "\n"
    }
    let header = text.prefix { !$0.isNewline }.components(separatedBy: separator)
    let values = header.dropFirst().map { run.logs[$0].map { "\($0)" } ?? "NA" }
    text += (["\(epoch)"] + values).joined(separator: separator) + "\n"
    try write(text)
    before = text
  }

  private func write(_ text: String) throws {
    try FileWriting.write(text.utf8, to: URL(filePath: path), writer: "CSVLogger")
  }

  /// How much of the file there was.
  public var state: [String: Double]? {
    get { ["bytes": Double(text.utf8.count)] }
    set {
      guard let bytes = newValue?["bytes"].flatMap({ Int(exactly: $0) }), bytes >= 0 else { return }
      text = String(decoding: before.utf8.prefix(bytes), as: UTF8.self)
    }
  }
}

extension TrainingRun {
  /// The names in the logs, sorted: those of the epoch that ends, and those that are still to come.
  fileprivate var columns: [String] {
    let found = logs.names
    var columns = Set(found)
    for name in logNames where !columns.contains(name) {
      // A metric of several values has a name for each of them.
      let isLater = name.hasPrefix("val_")
      let base = isLater ? String(name.dropFirst(4)) : name
      let parts = found.filter {
        $0.hasPrefix(base + "_") && Int($0.dropFirst(base.count + 1)) != nil
      }
      if found.contains(base) || parts.isEmpty {
        columns.insert(name)
      } else if isLater {
        columns.formUnion(parts.map { "val_" + $0 })
      }
    }
    return columns.sorted()
  }
}
