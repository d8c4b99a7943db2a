import Foundation

/// A file of events that grows while something runs, and that TensorBoard shows as it grows.
public struct SummaryFile: Sendable {
  /// Where it is.
  public let url: URL
  private let files: any FileSystem

  /// Makes a file of a new name in a folder, and the folder where it is not there.
  ///
  /// - Parameter wallTime: Seconds since 1970, now.
  /// - Throws: ``FormatError`` where the system refuses.
  public init(
    inFolder folder: URL, wallTime: Double, in files: any FileSystem = .disk
  ) throws(FormatError) {
    self.files = files
    try FileWriting.makeFolders(folder, writer: Self.writer, in: files)
    // TensorBoard looks for "tfevents"; time, process and number make the name a new one.
    let process = ProcessInfo.processInfo.processIdentifier
    let start = "events.out.tfevents.\(Int(wallTime)).martlet.\(process)"
    var number = 0
    while true {
      let url = folder.appending(path: "\(start).\(number).v2")
      let origin = try Origin(naming: url, reader: Self.writer)
      let there = try origin.naming("the path cannot be looked up") { () throws(FileFailure) in
        try files.status(at: origin.source)
      }
      if there == nil {
        self.url = url
        break
      }
      number += 1
    }
    try append([SummaryEvent(wallTime: wallTime, step: 0, .fileVersion(SummaryEvent.version))])
  }

  private static let writer = "SummaryFile"

  /// Adds events at the end.
  ///
  /// - Throws: ``FormatError`` where the system refuses; the file is whole up to its last whole
  ///   record then.
  public func append(_ events: [SummaryEvent]) throws(FormatError) {
    let bytes = events.flatMap { TFRecord.encoded($0.encoded) }
    try FileWriting.append(bytes, to: url, writer: Self.writer, in: files)
  }

  /// The events of a file, up to the last whole one.
  ///
  /// - Throws: ``FormatError`` for a file that cannot be read or is damaged.
  public static func events(
    contentsOf url: URL, limits: LoadLimits = LoadLimits(), in files: some FileSystem = .disk
  ) throws(FormatError) -> [SummaryEvent] {
    try SummaryEvent.events(
      in: try TFRecord.contents(of: url, limits: limits, in: files), source: url.path)
  }
}
