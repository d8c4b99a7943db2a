import MartletTensors

/// What `Hashing` leaves out: an integer or a text.
public protocol HashedValue: Sendable {}
extension Int: HashedValue {}
extension String: HashedValue {}

/// Turns texts and integers into numbers of buckets by a hash: a lookup that need not learn, where
/// different values may share a number.
///
///     let hashing = try Hashing(numBins: 3)
///     try hashing(["A", "B", "C"])              // [1, 0, 1]
///
/// The numbers are those of Keras' `Hashing`: the rest of a hash of 64 bits, FarmHash's
/// `Fingerprint64` without a salt, SipHash-2-4 with one. Integers are hashed as they are written in
/// decimal. With a mask value, number 0 is for it alone. There is no string tensor, so it is no
/// layer: it makes the tensors that models take.
public struct Hashing: Sendable {
  /// How many numbers there are.
  public let numBins: Int
  /// The value that has number 0 to itself; nil if there is none.
  public let maskValue: (any HashedValue)?
  /// The key of the hash; nil without.
  public let salt: (Int, Int)?
  /// Whether numbers come back, or rows.
  public let outputMode: CategoryOutput

  static let modes: [CategoryOutput] = [.int, .oneHot, .multiHot, .count]

  /// Creates the hashing.
  ///
  /// - Parameters:
  ///   - numBins: How many numbers there are, 1 or more.
  ///   - maskValue: The value that has number 0 to itself, of the kind of the others.
  ///   - salt: A key for the hash, for numbers that nobody can foresee who does not know it.
  ///   - outputMode: `.int` (int64 numbers), or `.oneHot`, `.multiHot`, `.count` (float32 rows).
  /// - Throws: `Diagnostic` for settings that are none.
  public init(
    numBins: Int, maskValue: (any HashedValue)? = nil, salt: Int? = nil,
    outputMode: CategoryOutput = .int
  ) throws(Diagnostic) {
    try self.init(numBins, maskValue, salt.map { ($0, $0) }, outputMode)
  }

  /// Creates the hashing with a key of two numbers.
  ///
  /// - Throws: `Diagnostic` for settings that are none.
  public init(
    numBins: Int, maskValue: (any HashedValue)? = nil, salt: (Int, Int),
    outputMode: CategoryOutput = .int
  ) throws(Diagnostic) {
    try self.init(numBins, maskValue, salt, outputMode)
  }

  private init(
    _ bins: Int, _ mask: (any HashedValue)?, _ salt: (Int, Int)?, _ mode: CategoryOutput
  ) throws(Diagnostic) {
    try requireBins(bins, mode, among: Self.modes, "Hashing")
    numBins = bins
    maskValue = mask
    self.salt = salt
    outputMode = mode
  }

  /// Makes the hashing from Keras' names.
  public init(configuration c: Configuration) throws(Diagnostic) {
    let salt = try c.optionalInts("salt")
    if let salt, salt.count > 2 || salt.isEmpty {
      throw Diagnostic("Hashing", "its salt is none", expected: "1 or 2 integers", got: "\(salt)")
    }
    let mask: (any HashedValue)? =
      switch c["mask_value"] {
      case .string(let text)?: text
      default: try c.optionalInt("mask_value")
      }
    try self.init(
      try c.int("num_bins"), mask, salt.map { ($0[0], $0[$0.count - 1]) },
      try c.categoryOutput(default: .int, among: Self.modes))
  }

  /// Class and settings under Keras' names.
  public var configuration: Configuration {
    var c = Configuration("Hashing")
    c["num_bins"] = .int(numBins)
    c["salt"] = salt.map { .ints([$0.0, $0.1]) } ?? .null
    c["mask_value"] =
      switch maskValue {
      case let text as String: .string(text)
      case let number as Int: .int(number)
      default: .null
      }
    c["output_mode"] = .string(outputMode.rawValue)
    return c
  }

  /// The numbers of texts, `[texts]`, or their one row; one-hot rows are `[texts, numBins]`.
  ///
  /// - Throws: `Diagnostic` if the mask value is an integer.
  public func callAsFunction(_ texts: [String]) throws(Diagnostic) -> Tensor {
    encoded(try numbers(of: texts), shape: [texts.count])
  }

  /// The numbers of samples of equally many texts, `[samples, texts]`, or a row for each sample.
  ///
  /// - Throws: `Diagnostic` for samples of different length, or if the mask value is an integer.
  public func callAsFunction(_ samples: [[String]]) throws(Diagnostic) -> Tensor {
    let length = samples.first?.count ?? 0
    guard samples.allSatisfy({ $0.count == length }) else {
      throw Diagnostic(
        "Hashing", "the samples are not equally long", expected: "\(length) texts each",
        got: "lengths \(samples.map(\.count).prefix(10))")
    }
    return encoded(
      try numbers(of: samples.flatMap { $0 }), shape: [samples.count, length])
  }

  /// The numbers of integers, int64 of the same shape, or rows as the mode asks for them; of
  /// floating point numbers their whole part counts.
  ///
  /// - Throws: `Diagnostic` for truth values, for numbers without a whole part, or if the mask value
  ///   is a text.
  public func callAsFunction(_ data: Tensor) throws(Diagnostic) -> Tensor {
    let integers = try integers(of: data, "Hashing")
    guard let maskValue else {
      return encoded(integers.map { number(of: String($0), isMask: false) }, shape: data.shape)
    }
    guard let mask = maskValue as? Int else {
      throw Diagnostic(
        "Hashing", "the mask value is of another kind than the data",
        expected: "an integer for a tensor", got: "\"\(maskValue)\"")
    }
    // A number is compared before its fraction is dropped.
    let isMask =
      data.dtype.isFloating
      ? data.scalars(of: Double.self).map { $0 == Double(mask) } : integers.map { $0 == mask }
    return encoded(
      zip(integers, isMask).map { number(of: String($0), isMask: $1) }, shape: data.shape)
  }

  private func numbers(of texts: [String]) throws(Diagnostic) -> [Int] {
    guard maskValue == nil || maskValue is String else {
      throw Diagnostic(
        "Hashing", "the mask value is of another kind than the data",
        expected: "a text for texts", got: "\(maskValue!)")
    }
    // Texts are equal if their bytes are.
    let mask = (maskValue as? String).map { Array($0.utf8) }
    return texts.map { text in
      number(of: text, isMask: mask.map { $0.elementsEqual(text.utf8) } ?? false)
    }
  }

  private func number(of text: String, isMask: Bool) -> Int {
    if isMask && numBins > 1 { return 0 }
    let hash: TextHash =
      salt.map { .keyed(UInt64(bitPattern: Int64($0.0)), UInt64(bitPattern: Int64($0.1))) }
      ?? .fingerprint
    let start = maskValue != nil && numBins > 1 ? 1 : 0
    return start + hash.bucket(of: text, among: numBins - start)
  }

  private func encoded(_ numbers: [Int], shape: Shape) -> Tensor {
    outputMode.encoded(
      Tensor(numbers.map(Int64.init), shape: shape, dtype: .int64), depth: numBins,
      dtype: .float32
    ).evaluated()
  }
}

func requireBins(
  _ bins: Int, _ mode: CategoryOutput, among modes: [CategoryOutput], _ who: String
) throws(Diagnostic) {
  guard bins >= 1, modes.contains(mode) else {
    throw Diagnostic(
      who, "the settings are none",
      expected: "1 bin or more; " + modes.map(\.rawValue).joined(separator: ", "),
      got: "\(bins) bins, \(mode.rawValue)")
  }
}

/// The elements of a tensor as integers, fractions dropped.
func integers(of data: Tensor, _ who: String) throws(Diagnostic) -> [Int] {
  guard data.dtype != .bool else {
    throw Diagnostic(who, "truth values have no hash", expected: "numbers", got: "\(data.dtype)")
  }
  guard data.dtype.isFloating else { return data.scalars(of: Int.self) }
  var integers: [Int] = []
  for number in data.scalars(of: Double.self) {
    guard let integer = Int(exactly: number.rounded(.towardZero)) else {
      throw Diagnostic(
        who, "a number has no whole part of 64 bits", expected: "finite numbers below 2^63",
        got: "\(number)")
    }
    integers.append(integer)
  }
  return integers
}
