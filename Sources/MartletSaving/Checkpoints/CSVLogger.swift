import Foundation
import MartletFormats
import MartletTraining

/// Writes a line of a CSV file for each epoch: its number, from 0, and the logs, sorted by name.
public final class CSVLogger: Callback {
  /// The file.
  public let path: String
  /// What stands between two values.
  public let separator: String
  /// Whether lines are added to a file that is there.
  public let append: Bool
  private var columns: [String] = []
  private var text = ""

  /// Creates the callback; with `append` it adds to a file that is there.
  public init(_ path: String, separator: String = ",", append: Bool = false) {
    self.path = path
    self.separator = separator
    self.append = append
  }

  public func trainingBegan(_ run: TrainingRun) throws {
    text = ""
    columns = []
    let url = URL(filePath: path)
    if append, FileManager.default.fileExists(atPath: path) {
      text = String(decoding: try FileReading.bytes(of: url), as: UTF8.self)
      if let header = text.split(separator: "\n").first {
        columns = header.split(separator: separator).dropFirst().map(String.init)
      }
      if !text.isEmpty, !text.hasSuffix("\n") { text += "\n" }
    }
    // A place that cannot be written is found out before the first step.
    try FileWriting.write(text.utf8, to: url, writer: "CSVLogger")
  }

  public func epochEnded(_ epoch: Int, _ run: TrainingRun) throws {
    if columns.isEmpty {
      columns = run.logs.names.sorted()
      text += (["epoch"] + columns).joined(separator: separator) + "\n"
    }
    let values = columns.map { run.logs[$0].map { "\($0)" } ?? "NA" }
    text += (["\(epoch)"] + values).joined(separator: separator) + "\n"
    try FileWriting.write(text.utf8, to: URL(filePath: path), writer: "CSVLogger")
  }
}
