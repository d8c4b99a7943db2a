import MartletTensors

/// What layers that combine their inputs element by element have in common: `Add`, `Subtract`,
/// `Multiply`, `Average`, `Maximum`, `Minimum`.
///
/// Inputs of equal batch size that broadcast against each other; one of fewer axes gets axes of size
/// 1 behind the batch. A step counts in the output if it does in one of the inputs, and if all
/// inputs have masks.
public class Merge: Layer, ConfigurableLayer {
  /// Creates the layer.
  public override init(name: String? = nil) { super.init(name: name) }

  public required convenience init(configuration c: Configuration) throws {
    self.init()
    try adopt(c)
  }

  /// The combination of tensors of one rank.
  func merged(_ inputs: [Tensor], _ masks: [Tensor?]) -> Tensor { inputs[0] }

  public override func build(inputs: [PartialShape]) throws { _ = try outputShapes(inputs) }

  public override func outputShapes(_ inputs: [PartialShape]) throws -> [PartialShape] {
    guard let first = inputs.first, first.count > 0 else {
      throw Diagnostic(
        path, "there is nothing to merge", expected: "one input or more, each with a batch axis",
        got: "\(inputs.count) inputs")
    }
    var shape = PartialShape(first.dropFirst())
    var batch = first[0]
    for input in inputs.dropFirst() {
      guard input.count > 0, batch == nil || input[0] == nil || batch == input[0],
        let joined = Merge.broadcast(shape, PartialShape(input.dropFirst()))
      else {
        throw Diagnostic(
          path, "the inputs do not fit each other",
          expected: "equal batch sizes, and other sizes equal or 1",
          got: inputs.map(\.text).joined(separator: ", "))
      }
      shape = joined
      batch = batch ?? input[0]
    }
    return [[batch] + shape]
  }

  /// The shape of two that broadcast; nil where they do not.
  ///
  /// What is not known in one of them is not known in the result.
  private static func broadcast(_ a: PartialShape, _ b: PartialShape) -> PartialShape? {
    let (long, short) = a.count >= b.count ? (a, b) : (b, a)
    var shape = long
    let offset = long.count - short.count
    for (index, size) in short.enumerated() {
      let other = long[offset + index]
      switch (other, size) {
      case (nil, _), (_, nil): shape[offset + index] = nil
      case (1?, _): shape[offset + index] = size
      case (_, 1?): break
      default: if other != size { return nil }
      }
    }
    return shape
  }

  public override var outputDType: DType { firstInputDType }
  public override var supportsMasking: Bool { true }

  public override func call(_ inputs: [Tensor], _ context: CallContext) -> [Tensor] {
    let rank = inputs.map(\.rank).max() ?? 0
    let aligned = inputs.map { x in
      x.rank == rank
        ? x
        : x.reshaped(
          to: [x.shape[0]] + [Int](repeating: 1, count: rank - x.rank) + x.shape.dropFirst())
    }
    return [merged(aligned, context.masks)]
  }

  public override func outputMasks(_ inputs: [Tensor], _ masks: [Tensor?]) -> [Tensor?] {
    let known = masks.compactMap { $0 }
    guard let first = known.first, known.count == inputs.count else { return [nil] }
    return [known.dropFirst().reduce(first) { $0 .| $1 }]
  }

  /// A mask stretched over the tensor whose steps it marks.
  static func stretched(_ mask: Tensor?, over x: Tensor) -> Tensor? {
    mask.map { $0.expandingDimensions(at: -1).broadcast(to: x.shape) }
  }
}

/// The sum of its inputs; see `Merge`.
public final class Add: Merge {
  override func merged(_ inputs: [Tensor], _ masks: [Tensor?]) -> Tensor {
    inputs.dropFirst().reduce(inputs[0]) { $0 + $1 }
  }
}

/// The first of two inputs minus the second; see `Merge`.
public final class Subtract: Merge {
  public override func outputShapes(_ inputs: [PartialShape]) throws -> [PartialShape] {
    if inputs.count != 2 {
      throw Diagnostic(
        path, "a difference is one of two tensors", expected: "2 inputs",
        got: "\(inputs.count)")
    }
    return try super.outputShapes(inputs)
  }

  override func merged(_ inputs: [Tensor], _ masks: [Tensor?]) -> Tensor { inputs[0] - inputs[1] }
}

/// The product of its inputs; an input whose step a mask leaves out is no factor there.
///
/// See `Merge`.
public final class Multiply: Merge {
  override func merged(_ inputs: [Tensor], _ masks: [Tensor?]) -> Tensor {
    let masks = zip(inputs, masks).map { Merge.stretched($1, over: $0) }
    var product: Tensor?
    for (x, mask) in zip(inputs, masks) {
      let factor = mask.map { Tensor.where($0, x, .ones(like: x)) } ?? x
      product = product.map { $0 * factor } ?? factor
    }
    let known = masks.compactMap { $0 }
    guard let product, let first = known.first, known.count == inputs.count else {
      return product ?? inputs[0]
    }
    let counts = known.dropFirst().reduce(first) { $0 .| $1 }
    return .where(counts, product, .zeros(like: product))
  }
}

/// The mean of its inputs; see `Merge`.
public final class Average: Merge {
  override func merged(_ inputs: [Tensor], _ masks: [Tensor?]) -> Tensor {
    inputs.dropFirst().reduce(inputs[0]) { $0 + $1 } / Double(inputs.count)
  }
}

/// The largest of its inputs, element by element; a step that a mask leaves out does not take part.
///
/// See `Merge`.
public final class Maximum: Merge {
  override func merged(_ inputs: [Tensor], _ masks: [Tensor?]) -> Tensor {
    extreme(inputs, masks) { $0.maximum($1) }
  }
}

/// The smallest of its inputs, element by element; a step that a mask leaves out does not take part.
///
/// See `Merge`.
public final class Minimum: Merge {
  override func merged(_ inputs: [Tensor], _ masks: [Tensor?]) -> Tensor {
    extreme(inputs, masks) { $0.minimum($1) }
  }
}

extension Merge {
  /// Inputs taken together from left to right; where a mask leaves one out, the others stand for it.
  fileprivate final func extreme(
    _ inputs: [Tensor], _ masks: [Tensor?], _ combine: (Tensor, Tensor) -> Tensor
  ) -> Tensor {
    var result = inputs[0]
    var resultMask = Merge.stretched(masks.first ?? nil, over: result)
    for (index, input) in inputs.enumerated().dropFirst() {
      var x = input
      let mask = Merge.stretched(masks.indices.contains(index) ? masks[index] : nil, over: x)
      if let mask { x = .where(mask, x, result) }
      if let resultMask { result = .where(resultMask, result, x) }
      if let mask, let known = resultMask { resultMask = known .| mask } else { resultMask = nil }
      result = combine(result, x)
    }
    return result
  }
}

extension SymbolicTensor {
  /// The sum of two tensors of a functional model: an `Add` layer.
  public static func + (a: SymbolicTensor, b: SymbolicTensor) -> SymbolicTensor { Add()([a, b]) }
  /// The difference of two tensors of a functional model: a `Subtract` layer.
  public static func - (a: SymbolicTensor, b: SymbolicTensor) -> SymbolicTensor {
    Subtract()([a, b])
  }
  /// The product of two tensors of a functional model: a `Multiply` layer.
  public static func * (a: SymbolicTensor, b: SymbolicTensor) -> SymbolicTensor {
    Multiply()([a, b])
  }
}
