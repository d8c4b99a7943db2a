import MartletTensors

/// Its inputs one behind the other along an axis; all other sizes are equal.
public final class Concatenate: Layer, ConfigurableLayer {
  /// The axis whose sizes add up.
  public let axis: Int

  /// Creates the layer.
  public init(axis: Int = -1, name: String? = nil) {
    self.axis = axis
    super.init(name: name)
  }

  public convenience init(configuration c: Configuration) throws {
    self.init(axis: try c.int("axis", default: -1))
    try adopt(c)
  }

  public override func build(inputs: [PartialShape]) throws { _ = try outputShapes(inputs) }

  public override func outputShapes(_ inputs: [PartialShape]) throws -> [PartialShape] {
    guard var shape = inputs.first, (-shape.count..<shape.count).contains(axis) else {
      throw Diagnostic(
        path, "there is nothing to join along axis \(axis)",
        expected: "one input or more with that axis",
        got: inputs.map(\.text).joined(separator: ", "))
    }
    let position = axis < 0 ? axis + shape.count : axis
    for input in inputs.dropFirst() {
      let fits =
        input.count == shape.count
        && shape.indices.allSatisfy {
          $0 == position || shape[$0] == nil || input[$0] == nil || shape[$0] == input[$0]
        }
      if !fits {
        throw Diagnostic(
          path, "the inputs do not fit each other",
          expected: "equal sizes at all axes but \(axis)",
          got: inputs.map(\.text).joined(separator: ", "))
      }
      for index in shape.indices where index != position {
        shape[index] = shape[index] ?? input[index]
      }
      if let size = shape[position], let more = input[position] {
        shape[position] = size + more
      } else {
        shape[position] = nil
      }
    }
    return [shape]
  }

  public override var outputDType: DType { firstInputDType }
  public override var supportsMasking: Bool { true }

  public override func call(_ inputs: [Tensor], _ context: CallContext) -> [Tensor] {
    [.concatenate(inputs, along: axis)]
  }

  /// The masks joined in the same way: where an input has none, all its steps count.
  public override func outputMasks(_ inputs: [Tensor], _ masks: [Tensor?]) -> [Tensor?] {
    if masks.allSatisfy({ $0 == nil }) { return [nil] }
    let stretched = zip(inputs, masks).map { x, mask -> Tensor in
      guard let mask else { return .ones(x.shape, dtype: .bool) }
      return mask.rank < x.rank
        ? mask.expandingDimensions(at: -1).broadcast(to: x.shape) : mask
    }
    return [Tensor.concatenate(stretched, along: axis).any(along: -1)]
  }

  public override var configuration: Configuration {
    var c = super.configuration
    c["axis"] = .int(axis)
    return c
  }
}
