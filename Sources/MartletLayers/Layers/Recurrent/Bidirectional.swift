import MartletTensors

/// Runs a recurrent layer over time in both directions and merges what they give.
public final class Bidirectional: Layer, ConfigurableLayer {
  /// How the two outputs become one.
  public enum MergeMode: String, Sendable {
    /// Beside each other on the last axis.
    case concat
    case sum
    case mul
    case ave
    /// Not at all: two outputs.
    case none
  }

  public let mergeMode: MergeMode
  let forwardLayer: RNN
  let backwardLayer: RNN

  /// Creates the layer.
  ///
  /// - Parameters:
  ///   - layer: What runs forward; a new one like it runs backwards.
  ///   - mergeMode: How the outputs become one.
  ///   - backwardLayer: What runs backwards, if not one like `layer`.
  public init(
    _ layer: RNN, mergeMode: MergeMode = .concat, backwardLayer: RNN? = nil,
    name: String? = nil, file: StaticString = #fileID, line: UInt = #line
  ) {
    self.mergeMode = mergeMode
    do {
      forwardLayer = try Bidirectional.direction(layer, prefix: "forward_", flips: false)
      self.backwardLayer = try Bidirectional.direction(
        backwardLayer ?? layer, prefix: "backward_", flips: backwardLayer == nil)
    } catch {
      trap(
        error as? Diagnostic ?? Diagnostic("Bidirectional", "\(error)"), file: file, line: line)
    }
    super.init(name: name)
  }

  public convenience init(configuration c: Configuration) throws {
    func layer(_ key: String) throws -> RNN? {
      guard let nested = try c.configuration(key) else { return nil }
      guard let layer = try Layer.make(from: nested) as? RNN else {
        throw Diagnostic(
          "Bidirectional", "the layer is not recurrent", expected: "an RNN, LSTM, GRU …",
          got: nested.className)
      }
      return layer
    }
    guard let forward = try layer("layer") else {
      throw Diagnostic("Bidirectional", "its configuration lacks \"layer\"")
    }
    let text = try c.optionalString("merge_mode")
    let mode =
      c.values["merge_mode"] == nil ? .concat : text.map { MergeMode(rawValue: $0) } ?? .some(.none)
    guard let mode else {
      throw Diagnostic(
        "Bidirectional", "the merge mode is not known", expected: "concat, sum, mul, ave, null",
        got: text ?? "")
    }
    self.init(forward, mergeMode: mode, backwardLayer: try layer("backward_layer"))
    try adopt(c)
  }

  private static func direction(_ layer: RNN, prefix: String, flips: Bool) throws -> RNN {
    var c = layer.configuration
    if !layer.name.hasPrefix(prefix) { c["name"] = .string(prefix + layer.name) }
    if flips { c["go_backwards"] = .bool(!layer.options.goBackwards) }
    c["zero_output_for_mask"] = .bool(true)
    guard let copy = try Layer.make(from: c) as? RNN else {
      throw Diagnostic("Bidirectional", "the layer cannot be copied", got: c.className)
    }
    return copy
  }

  public override var configuration: Configuration {
    var c = super.configuration
    c["layer"] = .configuration(forwardLayer.configuration)
    c["backward_layer"] = .configuration(backwardLayer.configuration)
    c["merge_mode"] = mergeMode == .none ? .null : .string(mergeMode.rawValue)
    return c
  }

  public override var sublayers: [(name: String, layer: Layer)] {
    [("forward_layer", forwardLayer), ("backward_layer", backwardLayer)]
  }

  public override func build(inputs: [PartialShape]) throws {
    let (first, second) = split(inputs)
    try forwardLayer.build(for: first, dtypes: first.map { _ in dtype })
    try backwardLayer.build(for: second, dtypes: second.map { _ in dtype })
  }

  /// The inputs of each direction: the first half of the initial states is the forward one's.
  private func split<Value>(_ inputs: [Value]) -> ([Value], [Value]) {
    if inputs.count == 1 { return (inputs, inputs) }
    let half = (inputs.count - 1) / 2
    return (
      [inputs[0]] + inputs[1..<(1 + half)], [inputs[0]] + inputs[(1 + half)...]
    )
  }

  public override func outputShapes(_ inputs: [PartialShape]) throws -> [PartialShape] {
    let (first, second) = split(inputs)
    let (a, b) = (
      try forwardLayer.outputShapes(first), try backwardLayer.outputShapes(second)
    )
    let states = a.dropFirst() + b.dropFirst()
    switch mergeMode {
    case .none: return [a[0], b[0]] + states
    case .concat:
      var shape = a[0]
      if let x = a[0].last ?? nil, let y = b[0].last ?? nil { shape[shape.count - 1] = x + y }
      return [shape] + states
    case .sum, .mul, .ave: return [a[0]] + states
    }
  }

  public override var supportsMasking: Bool { true }
  public override func outputMasks(_ inputs: [Tensor], _ masks: [Tensor?]) -> [Tensor?] {
    let mask = forwardLayer.options.returnSequences ? masks.first ?? nil : nil
    return mergeMode == .none ? [mask, mask] : [mask]
  }

  public override func call(_ inputs: [Tensor], _ context: CallContext) -> [Tensor] {
    let (first, second) = split(inputs)
    let a = forwardLayer.outputs(of: first, context)
    var b = backwardLayer.outputs(of: second, context)
    // The backward outputs come from the end of time: put them back in order.
    if forwardLayer.options.returnSequences { b[0] = b[0].flipped(along: 1) }
    let states = a.dropFirst() + b.dropFirst()
    switch mergeMode {
    case .none: return [a[0], b[0]] + states
    case .concat: return [Tensor.concatenate([a[0], b[0]], along: -1)] + states
    case .sum: return [a[0] + b[0]] + states
    case .mul: return [a[0] * b[0]] + states
    case .ave: return [(a[0] + b[0]) / 2.0] + states
    }
  }
}
