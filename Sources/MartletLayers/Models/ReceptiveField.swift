import MartletTensors

/// A layer that sees its input through a window: convolutions and poolings.
public protocol WindowedLayer: Layer {
  /// How many elements the window takes along each spatial axis.
  var windowSize: [Int] { get }
  /// How many elements the window moves at a time along each spatial axis.
  var windowStrides: [Int] { get }
  /// How far apart the window's elements lie along each spatial axis; 1 where they touch.
  var windowDilation: [Int] { get }
  /// The elements of border before the first one, for an input of this size.
  func paddingBefore(_ size: Int, axis: Int) -> Int
}

/// The part of the input that one element of a layer's output sees.
public struct ReceptiveField: Sendable, Equatable {
  /// Its length along each spatial axis.
  public var size: [Int]
  /// How far apart the fields of neighbouring elements are.
  public var stride: [Int]
  /// Where the first element's field begins; negative where it begins in the border.
  public var offset: [Int]
}

extension Model {
  /// The receptive field of a layer's output in the model's input.
  ///
  /// Size r, stride j and offset o of a layer with window k, stride s, dilation d and border p,
  /// from those before it: r' = r + (k − 1)·d·j, j' = j·s, o' = o − p·j. Where ways join, the
  /// widest field counts.
  ///
  /// Throws if the layer is not part of the model, or sees the whole input (Dense, Flatten, global
  /// pooling).
  public final func receptiveField(of layer: Layer) throws -> ReceptiveField {
    guard let graph else {
      throw Diagnostic(
        name, "the receptive field is known only in a built functional or Sequential model",
        fix: "start the model with Input(shape:)")
    }
    var fields: [ObjectIdentifier: ReceptiveField?] = [:]
    for call in graph.calls {
      let key = ObjectIdentifier(call)
      if call.inputs.isEmpty || graph.inputs.contains(where: { $0.call === call }) {
        let axes = Swift.max(0, (call.outputs.first?.shape.count ?? 2) - 2)
        fields[key] = ReceptiveField(
          size: .init(repeating: 1, count: axes), stride: .init(repeating: 1, count: axes),
          offset: .init(repeating: 0, count: axes))
      } else {
        let before = call.inputs.map { fields[ObjectIdentifier($0.call)] ?? nil }
        fields[key] = joined(before).flatMap { through(call, $0) }
      }
      if call.layer === layer {
        if let field = fields[key] ?? nil { return field }
        throw Diagnostic(
          layer.path, "an element of its output sees no window of the input",
          expected: "a layer after convolutions, poolings and elementwise layers alone",
          got: layer.kerasName)
      }
    }
    throw Diagnostic(
      name, "the layer is not part of the model",
      expected: layers.map(\.name).joined(separator: ", "), got: "\"\(layer.name)\"")
  }

  private final func joined(_ fields: [ReceptiveField?]) -> ReceptiveField? {
    guard var result = fields.first ?? nil else { return nil }
    for field in fields.dropFirst() {
      guard let field, field.size.count == result.size.count else { return nil }
      for axis in result.size.indices {
        let end = Swift.max(
          result.offset[axis] + result.size[axis], field.offset[axis] + field.size[axis])
        result.offset[axis] = Swift.min(result.offset[axis], field.offset[axis])
        result.size[axis] = end - result.offset[axis]
        result.stride[axis] = Swift.max(result.stride[axis], field.stride[axis])
      }
    }
    return result
  }

  private final func through(_ call: LayerCall, _ before: ReceptiveField) -> ReceptiveField? {
    guard let layer = call.layer as? any WindowedLayer else {
      // Elementwise layers keep the field; those that change rank or sizes see everything.
      let shapes = (call.inputs.first?.shape, call.outputs.first?.shape)
      let keeps =
        shapes.0?.count == shapes.1?.count
        && shapes.0?.dropFirst().dropLast() == shapes.1?.dropFirst().dropLast()
      return keeps && (shapes.0?.count ?? 0) > 2 ? before : nil
    }
    var field = before
    for axis in field.size.indices {
      let input = call.inputs[0].shape[axis + 1] ?? Int(Int32.max)
      field.offset[axis] -= layer.paddingBefore(input, axis: axis) * field.stride[axis]
      field.size[axis] +=
        (layer.windowSize[axis] - 1) * layer.windowDilation[axis] * field.stride[axis]
      field.stride[axis] *= layer.windowStrides[axis]
    }
    return field
  }
}
