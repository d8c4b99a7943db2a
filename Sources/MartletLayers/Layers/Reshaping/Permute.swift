import MartletTensors

/// The axes after the batch in another order: `Permute([2, 1])` exchanges them.
public final class Permute: Layer, ConfigurableLayer {
  /// For each axis of the output the input's, counted from 1; the batch is not counted.
  public let dims: [Int]

  /// Creates the layer; traps unless the order names each axis once, from 1.
  public init(
    _ dims: [Int], name: String? = nil, file: StaticString = #fileID, line: UInt = #line
  ) {
    trapping(file, line) { () throws(Diagnostic) in try Permute.check(dims) }
    self.dims = dims
    super.init(name: name)
  }

  public convenience init(configuration c: Configuration) throws {
    let dims = try c.ints("dims")
    try Permute.check(dims)
    self.init(dims)
    try adopt(c)
  }

  private static func check(_ dims: [Int]) throws(Diagnostic) {
    if !dims.isEmpty && dims.sorted() == Array(1...dims.count) { return }
    throw Diagnostic(
      "Permute", "the order does not name every axis once",
      expected: "a permutation of 1, 2, … without the batch", got: "\(dims)")
  }

  public override func outputShape(_ input: PartialShape) throws -> PartialShape {
    try require(rank: dims.count + 1, input)
    return [input[0]] + dims.map { input[$0] }
  }

  public override var outputDType: DType { firstInputDType }

  public override func call(_ x: Tensor, _ context: CallContext) -> Tensor {
    x.transposed([0] + dims)
  }

  public override var configuration: Configuration {
    var c = super.configuration
    c["dims"] = .ints(dims)
    return c
  }
}
