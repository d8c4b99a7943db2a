import MartletTensors

/// Each sample repeated as the steps of a series: (batch, features) to (batch, n, features).
public final class RepeatVector: Layer, ConfigurableLayer {
  /// How often.
  public let n: Int

  /// Creates the layer; traps on a number below 1.
  public init(
    _ n: Int, name: String? = nil, file: StaticString = #fileID, line: UInt = #line
  ) {
    trapping(file, line) { () throws(Diagnostic) in try RepeatVector.check(n) }
    self.n = n
    super.init(name: name)
  }

  public convenience init(configuration c: Configuration) throws {
    let n = try c.int("n")
    try RepeatVector.check(n)
    self.init(n)
    try adopt(c)
  }

  private static func check(_ n: Int) throws(Diagnostic) {
    if n >= 1 { return }
    throw Diagnostic(
      "RepeatVector", "a vector cannot be repeated so often", expected: "1 or more", got: "\(n)")
  }

  public override func outputShape(_ input: PartialShape) throws -> PartialShape {
    try require(rank: 2, input)
    return [input[0], n, input[1]]
  }

  public override var outputDType: DType { firstInputDType }

  public override func call(_ x: Tensor, _ context: CallContext) -> Tensor {
    x.expandingDimensions(at: 1).broadcast(to: [x.shape[0], n, x.shape[1]])
  }

  public override var configuration: Configuration {
    var c = super.configuration
    c["n"] = .int(n)
    return c
  }
}
