import MartletTensors

/// The sums of products of two inputs along an axis of each, sample by sample.
///
/// Inputs (batch, a…, n, b…) and (batch, c…, n, d…), output (batch, a…, b…, c…, d…); (batch, 1)
/// where no axis is left. With `normalize` the inputs are first brought to length 1 along the axis,
/// so that the output is the cosine of an angle.
public final class Dot: Layer, ConfigurableLayer {
  /// The axis of the first and of the second input; negative: from the end.
  public let axes: [Int]
  /// Whether the inputs are brought to length 1 along the axes.
  public let normalize: Bool

  /// Creates the layer; traps on other than one axis or two.
  ///
  /// - Parameters:
  ///   - axes: The axis to sum over: one for both inputs, or one for each.
  ///   - normalize: Whether the inputs are brought to length 1 along the axes.
  public init(
    axes: any AxisSizes, normalize: Bool = false, name: String? = nil,
    file: StaticString = #fileID, line: UInt = #line
  ) {
    trapping(file, line) { () throws(Diagnostic) in try Dot.check(axes.axisSizes) }
    self.axes = axes.axisSizes
    self.normalize = normalize
    super.init(name: name)
  }

  public convenience init(configuration c: Configuration) throws {
    let axes = try c.ints("axes")
    try Dot.check(axes)
    self.init(axes: axes, normalize: try c.bool("normalize", default: false))
    try adopt(c)
  }

  private static func check(_ axes: [Int]) throws(Diagnostic) {
    if (1...2).contains(axes.count) { return }
    throw Diagnostic(
      "Dot", "the axes do not fit two inputs", expected: "one axis, or two", got: "\(axes)")
  }

  private func positions(_ a: Int, _ b: Int) -> (Int, Int) {
    let (first, second) = (axes[0], axes[axes.count - 1])
    return (first < 0 ? first + a : first, second < 0 ? second + b : second)
  }

  public override func build(inputs: [PartialShape]) throws { _ = try outputShapes(inputs) }

  public override func outputShapes(_ inputs: [PartialShape]) throws -> [PartialShape] {
    if inputs.count != 2 {
      throw Diagnostic(
        path, "a dot product is one of two tensors", expected: "2 inputs",
        got: "\(inputs.count)")
    }
    let (a, b) = (inputs[0], inputs[1])
    let (i, j) = positions(a.count, b.count)
    guard i > 0, j > 0, i < a.count, j < b.count,
      [a[i]].admits([b[j]]), [a[0]].admits([b[0]])
    else {
      throw Diagnostic(
        path, "the inputs do not fit each other",
        expected: "equal batch sizes, and equal sizes at the axes \(axes) behind the batch",
        got: a.text + " and " + b.text)
    }
    let rest = a.indices.dropFirst().filter { $0 != i }.map { a[$0] }
    let others = b.indices.dropFirst().filter { $0 != j }.map { b[$0] }
    let shape = [a[0] ?? b[0]] + rest + others
    return [shape.count == 1 ? shape + [1] : shape]
  }

  public override func call(_ inputs: [Tensor], _ context: CallContext) -> [Tensor] {
    var (a, b) = (inputs[0], inputs[1])
    let (i, j) = positions(a.rank, b.rank)
    if normalize {
      a = a.withUnitLength(along: [i])
      b = b.withUnitLength(along: [j])
    }
    // The batch is "a", the axis that is summed over "z"; the others follow in order.
    func letters(_ rank: Int, _ axis: Int, from first: Int) -> String {
      (0..<rank).map { index in
        if index == 0 { return "a" }
        return index == axis ? "z" : String(UnicodeScalar(UInt8(98 + first + index)))
      }.joined()
    }
    let (left, right) = (letters(a.rank, i, from: 0), letters(b.rank, j, from: 8))
    let result = "a" + (left + right).filter { $0 != "a" && $0 != "z" }
    let y = Tensor.einsum("\(left),\(right)->\(result)", a, b)
    return [y.rank == 1 ? y.expandingDimensions(at: 1) : y]
  }

  public override var configuration: Configuration {
    var c = super.configuration
    c["axes"] = axes.count == 1 ? .int(axes[0]) : .ints(axes)
    c["normalize"] = .bool(normalize)
    return c
  }
}
