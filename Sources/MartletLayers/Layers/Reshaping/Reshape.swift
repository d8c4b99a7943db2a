import MartletTensors

/// The same elements in the same order under another shape: (batch, …) to (batch, targetShape…).
public final class Reshape: Layer, ConfigurableLayer {
  /// The sizes without the batch; one may be -1, and is then worked out.
  public let targetShape: [Int]

  /// Creates the layer; traps on a size below -1, and on a second -1.
  public init(
    _ targetShape: [Int], name: String? = nil, file: StaticString = #fileID, line: UInt = #line
  ) {
    trapping(file, line) { () throws(Diagnostic) in try Reshape.check(targetShape) }
    self.targetShape = targetShape
    super.init(name: name)
  }

  public convenience init(configuration c: Configuration) throws {
    let shape = try c.ints("target_shape")
    try Reshape.check(shape)
    self.init(shape)
    try adopt(c)
  }

  private static func check(_ shape: [Int]) throws(Diagnostic) {
    if shape.allSatisfy({ $0 >= -1 }) && shape.filter({ $0 == -1 }).count <= 1 { return }
    throw Diagnostic(
      "Reshape", "the target is no shape", expected: "sizes of 0 or more, at most one -1",
      got: "\(shape)")
  }

  public override func outputShape(_ input: PartialShape) throws -> PartialShape {
    try require(rank: 1..., input)
    let rest = PartialShape(input.dropFirst())
    let wanted = targetShape.filter { $0 >= 0 }.reduce(1, *)
    let open = targetShape.contains(-1)
    guard let count = rest.product else {
      return [input[0]] + targetShape.map { $0 == -1 ? nil : $0 }
    }
    if open ? wanted == 0 || count % wanted != 0 : count != wanted {
      throw Diagnostic(
        path, "the number of elements would change",
        expected: open ? "a multiple of \(wanted) elements" : "\(wanted) elements",
        got: "\(count), \(input.text)")
    }
    return [input[0]] + targetShape.map { $0 == -1 ? count / wanted : $0 }
  }

  public override var outputDType: DType { firstInputDType }

  public override func call(_ x: Tensor, _ context: CallContext) -> Tensor {
    let count = x.shape.dropFirst().reduce(1, *)
    let wanted = targetShape.filter { $0 >= 0 }.reduce(1, *)
    return x.reshaped(
      to: [x.shape[0]] + targetShape.map { $0 == -1 ? count / Swift.max(wanted, 1) : $0 })
  }

  public override var configuration: Configuration {
    var c = super.configuration
    c["target_shape"] = .ints(targetShape)
    return c
  }
}
