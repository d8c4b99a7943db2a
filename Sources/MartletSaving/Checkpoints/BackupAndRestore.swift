import Foundation
import MartletFormats
import MartletTraining

/// When a callback saves.
public enum SaveFrequency: Sendable, Equatable {
  /// After each epoch.
  case epoch
  /// After each number of batches.
  case batches(Int)

  /// Throws if it would never be time.
  func check(_ who: String) throws(Diagnostic) {
    guard case .batches(let count) = self, count < 1 else { return }
    throw Diagnostic(
      who, "the number of batches is not positive", expected: ".epoch, or .batches of 1 or more",
      got: ".batches(\(count))")
  }
}

/// Saves a running training, and continues it with the same bits after the process was killed.
///
/// When `fit` begins and the file exists, everything is put back: weights, optimizer, random
/// numbers, the position in the data in the middle of an epoch too, running means, history, and what
/// the other callbacks remember. When training ends, the file is removed, also where a callback
/// stopped it; it is kept where training was interrupted by Ctrl-C or a cancelled task.
public final class BackupAndRestore<Files: FileSystem>: Callback {
  /// The file; the folder must exist.
  public let path: String
  /// When the file is written.
  public let saveFrequency: SaveFrequency
  /// Whether the file is removed once training has ended.
  public let deleteCheckpoint: Bool
  private let files: Files

  /// Creates the callback.
  ///
  /// - Parameters:
  ///   - path: The file to write, a safetensors file.
  ///   - saveFrequency: When it is written.
  ///   - deleteCheckpoint: Whether it is removed when training has ended.
  public convenience init(
    _ path: String, saveFrequency: SaveFrequency = .epoch, deleteCheckpoint: Bool = true
  ) where Files == DiskFileSystem {
    self.init(path, saveFrequency: saveFrequency, deleteCheckpoint: deleteCheckpoint, in: .disk)
  }

  init(
    _ path: String, saveFrequency: SaveFrequency, deleteCheckpoint: Bool = true, in files: Files
  ) {
    self.path = path
    self.saveFrequency = saveFrequency
    self.deleteCheckpoint = deleteCheckpoint
    self.files = files
  }

  public func trainingBegan(_ run: TrainingRun) throws {
    try saveFrequency.check("BackupAndRestore")
    if try files.status(at: path) == nil { return }
    try run.restore(try TrainingSnapshot(contentsOf: path))
  }

  public func batchEnded(_ batch: Int, _ run: TrainingRun) throws {
    if case .batches(let count) = saveFrequency, count > 0, (batch + 1) % count == 0 {
      try run.snapshot().write(to: path, in: files)
    }
  }

  public func epochRecorded(_ epoch: Int, _ run: TrainingRun) throws {
    if saveFrequency == .epoch { try run.snapshotOfNextEpoch().write(to: path, in: files) }
  }

  public func trainingEnded(_ run: TrainingRun) throws {
    // A run that was interrupted is to be continued; one that a callback stopped is done.
    if deleteCheckpoint, !run.isInterrupted, try files.status(at: path) != nil {
      try files.remove(path)
    }
  }
}
