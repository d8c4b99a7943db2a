import MartletTensors

/// How numbers of categories become rows of numbers.
public enum CategoryOutput: String, Sendable, Hashable, CaseIterable {
  /// The number itself.
  case int
  /// A row for each category, with a 1 at its number.
  case oneHot = "one_hot"
  /// A row for each sample, with ones at the numbers that occur in it.
  case multiHot = "multi_hot"
  /// A row for each sample, with how often each number occurs in it.
  case count
  /// The counts times the weights of the tokens, small for tokens that many documents have.
  case tfIdf = "tf_idf"

  /// Rows of `depth` numbers for integers.
  ///
  /// One-hot rows follow the last axis, or take its place where its size is 1; multi-hot rows and
  /// counts sum the axis after the batch up, or the only one.
  func encoded(_ numbers: Tensor, depth: Int, dtype: DType, weights: Tensor? = nil) -> Tensor {
    if self == .int { return numbers }
    let x = numbers.rank == 0 ? numbers.expandingDimensions(at: 0) : numbers
    if self == .oneHot {
      let isColumn = x.rank > 1 && x.shape[x.rank - 1] == 1
      return (isColumn ? x.squeezed(along: -1) : x).oneHot(depth: depth, dtype: dtype)
    }
    let rows = x.oneHot(depth: depth, dtype: dtype)
    let axis = x.rank > 1 ? 1 : 0
    if self == .multiHot { return rows.max(along: axis) }
    let weighted = weights.map { rows * $0.cast(to: dtype).expandingDimensions(at: -1) } ?? rows
    return weighted.sum(along: axis)
  }

  /// The shape that `encoded` gives.
  func shape(_ input: PartialShape, depth: Int?) -> PartialShape {
    if self == .int { return input }
    if input.isEmpty { return [depth] }
    if self == .oneHot {
      return (input.count > 1 && input.last == 1 ? input.dropLast() : input) + [depth]
    }
    return (input.count > 1 ? [input[0]] + input.dropFirst(2) : []) + [depth]
  }
}

extension Configuration {
  /// A mode of output; Keras' deprecated names too.
  func categoryOutput(
    default fallback: CategoryOutput, among modes: [CategoryOutput]
  ) throws(Diagnostic) -> CategoryOutput {
    let name = try string("output_mode", default: fallback.rawValue)
    let known = ["binary": "multi_hot", "tf-idf": "tf_idf"][name] ?? name
    guard let mode = CategoryOutput(rawValue: known), modes.contains(mode) else {
      throw Diagnostic(
        className, "its output_mode is unknown",
        expected: modes.map(\.rawValue).joined(separator: ", "), got: "\"\(name)\"")
    }
    return mode
  }
}

/// Turns numbers of categories into rows of numbers: (batch, categories) to (batch, tokens).
///
/// A number that is none of the categories counts nowhere. With `.count`, a second input of the
/// first one's shape says how much each category counts. Keras' `CategoryEncoding`.
public final class CategoryEncoding: Layer, ConfigurableLayer {
  /// The number of categories.
  public let numTokens: Int
  /// What becomes of the numbers: `.multiHot`, `.oneHot` or `.count`.
  public let outputMode: CategoryOutput

  private static let modes: [CategoryOutput] = [.count, .oneHot, .multiHot]

  /// Creates the layer; traps if there are no categories, or on a mode that is not for this layer.
  public init(
    _ numTokens: Int, outputMode: CategoryOutput = .multiHot, name: String? = nil,
    file: StaticString = #fileID, line: UInt = #line
  ) {
    trapping(file, line) { () throws(Diagnostic) in
      try Self.check(numTokens, outputMode)
    }
    self.numTokens = numTokens
    self.outputMode = outputMode
    super.init(name: name)
  }

  private static func check(_ count: Int, _ mode: CategoryOutput) throws(Diagnostic) {
    guard count >= 1, modes.contains(mode) else {
      throw Diagnostic(
        "CategoryEncoding", "the settings are none",
        expected: "1 category or more; count, one_hot or multi_hot",
        got: "\(count) categories, \(mode.rawValue)")
    }
  }

  public init(configuration c: Configuration) throws {
    numTokens = try c.int("num_tokens")
    outputMode = try c.categoryOutput(default: .multiHot, among: Self.modes)
    try Self.check(numTokens, outputMode)
    super.init(name: nil)
    try adopt(c)
  }

  public override var configuration: Configuration {
    var c = super.configuration
    c["num_tokens"] = .int(numTokens)
    c["output_mode"] = .string(outputMode.rawValue)
    return c
  }

  public override func build(inputs: [PartialShape]) throws {
    guard inputs.count == 1 || inputs.count == 2 && outputMode == .count else {
      throw Diagnostic(
        path, "the layer was given another number of inputs",
        expected: outputMode == .count ? "numbers, and weights for them" : "numbers alone",
        got: "\(inputs.count) inputs")
    }
  }

  public override func outputShapes(_ inputs: [PartialShape]) throws -> [PartialShape] {
    [outputMode.shape(inputs[0], depth: numTokens)]
  }

  public override func call(_ inputs: [Tensor], _ context: CallContext) -> [Tensor] {
    let numbers = inputs[0].dtype == .int64 ? inputs[0] : inputs[0].cast(to: .int32)
    return [
      outputMode.encoded(
        numbers, depth: numTokens, dtype: outputDType,
        weights: inputs.count > 1 ? inputs[1] : nil)
    ]
  }
}
