/// After which epochs `fit` validates: an `Int`, every so many, or an `[Int]`, those of the list,
/// counted from 1.
public protocol ValidationFrequency: Sendable {
  /// The epochs.
  var validatedEpochs: ValidatedEpochs { get }
}

/// The epochs that end with a validation.
public enum ValidatedEpochs: Sendable, Hashable {
  /// Every so many.
  case every(Int)
  /// Those of a list, counted from 1.
  case only([Int])

  var isPossible: Bool {
    switch self {
    case .every(let count): count > 0
    case .only(let epochs): epochs.allSatisfy { $0 > 0 }
    }
  }

  func contains(_ epoch: Int) -> Bool {
    switch self {
    case .every(let count): epoch % count == 0
    case .only(let epochs): epochs.contains(epoch)
    }
  }
}

extension Int: ValidationFrequency {
  public var validatedEpochs: ValidatedEpochs { .every(self) }
}

extension Array: ValidationFrequency where Element == Int {
  public var validatedEpochs: ValidatedEpochs { .only(self) }
}
