/// What `fit` recorded: loss and metrics of each epoch.
public struct History: Sendable, Codable, Equatable {
  /// The numbers of the epochs, from 0.
  public internal(set) var epochs: [Int] = []
  /// The logs of each epoch, validation under `val_…`.
  public internal(set) var logs: [Logs] = []
  /// Why training ended before the last epoch; nil if it did not.
  public internal(set) var stopped: String?

  /// Creates an empty history.
  public init() {}

  /// The values of one name over the epochs; epochs without it are left out.
  public subscript(name: String) -> [Double] { logs.compactMap { $0[name] } }

  /// The loss of each epoch.
  public var loss: [Double] { self["loss"] }
  /// The validation loss of each epoch that had a validation.
  public var validationLoss: [Double] { self["val_loss"] }
  /// All names, in order of appearance.
  public var names: [String] {
    var seen = Set<String>()
    return logs.flatMap(\.names).filter { seen.insert($0).inserted }
  }
}
