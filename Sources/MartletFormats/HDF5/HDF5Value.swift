/// The value of an attribute, or all of a dataset: numbers or text.
public enum HDF5Value: Sendable, Hashable {
  /// An array of numbers; a single one has no axis.
  case numbers(StoredArray)
  /// An array of texts; a single one has no axis.
  case strings([String], shape: [Int])

  /// A single text.
  public static func string(_ text: String) -> HDF5Value { .strings([text], shape: []) }

  /// A list of texts.
  public static func strings(_ texts: [String]) -> HDF5Value {
    .strings(texts, shape: [texts.count])
  }

  /// An array of numbers; a single one without a shape.
  public static func numbers<Scalar: StoredScalar>(
    _ scalars: [Scalar], shape: [Int]
  ) -> HDF5Value {
    .numbers(StoredArray(shape: shape, scalars: scalars))
  }

  /// The length of each axis.
  public var shape: [Int] {
    switch self {
    case .numbers(let array): array.shape
    case .strings(_, let shape): shape
    }
  }

  /// The array, where the value is numbers.
  public var array: StoredArray? {
    if case .numbers(let array) = self { array } else { nil }
  }

  /// The texts, where the value is text.
  public var strings: [String]? {
    if case .strings(let texts, _) = self { texts } else { nil }
  }

  /// The text, where the value is a single one.
  public var string: String? {
    if case .strings(let texts, let shape) = self, shape.isEmpty { texts.first } else { nil }
  }
}
