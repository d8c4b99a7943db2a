import MartletTensors

/// The sizes of a tensor's axes as far as they are known: nil for one that may differ from call to
/// call.
///
/// The first axis is the batch.
public typealias PartialShape = [Int?]

extension [Int?] {
  /// `(None, 28, 28, 1)`, as Keras prints shapes.
  public var text: String {
    let sizes = map { $0.map(String.init) ?? "None" }
    return "(" + sizes.joined(separator: ", ") + (count == 1 ? ",)" : ")")
  }

  /// Whether a shape known in part can be this one: ranks equal, known sizes equal.
  public func admits(_ other: [Int?]) -> Bool {
    count == other.count && zip(self, other).allSatisfy { $0 == nil || $1 == nil || $0 == $1 }
  }

  /// The product of the sizes; nil if one is unknown.
  public var product: Int? {
    var product = 1
    for size in self {
      guard let size else { return nil }
      product *= size
    }
    return product
  }
}

extension Layer {
  /// Throws unless a shape has a certain rank, the batch included.
  public final func require(rank: Int, _ input: PartialShape) throws(Diagnostic) {
    if input.count != rank {
      throw Diagnostic(
        path, "the input has the wrong number of axes",
        expected: "\(rank) axes, the batch included", got: "\(input.count) axes, \(input.text)")
    }
  }

  /// Throws unless a shape has a rank in a range, the batch included.
  public final func require(
    rank: some RangeExpression<Int>, _ input: PartialShape
  ) throws(Diagnostic) {
    if !rank.contains(input.count) {
      throw Diagnostic(
        path, "the input has the wrong number of axes",
        expected: "\(rank) axes, the batch included", got: "\(input.count) axes, \(input.text)")
    }
  }

  /// The size of an axis (negative: counted from the end); throws where it is not known.
  public final func known(
    _ axis: Int, of input: PartialShape
  ) throws(Diagnostic) -> Int {
    let index = axis < 0 ? axis + input.count : axis
    guard input.indices.contains(index) else {
      throw Diagnostic(
        path, "the input has no axis \(axis)", expected: "more axes", got: input.text)
    }
    guard let size = input[index] else {
      throw Diagnostic(
        path, "the size of axis \(axis) must be known when the layer is built",
        expected: "a number", got: input.text, fix: "give it in Input(shape:)")
    }
    return size
  }

  /// Throws unless an axis has the size that the layer's weights were made for.
  public final func require(
    axis: Int, of input: PartialShape, is size: Int
  ) throws(Diagnostic) {
    let index = axis < 0 ? axis + input.count : axis
    if input.indices.contains(index), input[index] == nil || input[index] == size { return }
    throw Diagnostic(
      path, "the input does not fit the layer's weights",
      expected: "size \(size) at axis \(axis)", got: input.text)
  }
}
