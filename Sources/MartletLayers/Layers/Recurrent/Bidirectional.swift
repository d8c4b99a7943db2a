import MartletTensors

/// Runs a recurrent layer over time in both directions and merges what they give.
///
/// Input (batch, steps, …). With `returnSequences` what the backward layer gives is turned round, so
/// that both speak of the same step. The two run in opposite directions and agree in
/// `returnSequences`, `returnState` and `stateful`; outputs of different widths can be concatenated
/// or kept apart, not summed, multiplied or averaged.
public final class Bidirectional: Layer, ConfigurableLayer {
  /// How the two outputs become one.
  public enum MergeMode: String, Sendable {
    /// Beside each other on the last axis.
    case concat
    /// Added.
    case sum
    /// Multiplied.
    case mul
    /// Their mean.
    case ave
    /// Not at all: two outputs.
    case none
  }

  /// How the outputs become one.
  public let mergeMode: MergeMode
  let forwardLayer: RNN
  let backwardLayer: RNN

  /// Creates the layer; traps where the two directions do not go together.
  ///
  /// - Parameters:
  ///   - layer: What runs forward; a new one like it runs backwards.
  ///   - mergeMode: How the outputs become one.
  ///   - backwardLayer: What runs backwards, if not one like `layer`; its `goBackwards` is the
  ///     opposite of that of `layer`.
  public convenience init(
    _ layer: RNN, mergeMode: MergeMode = .concat, backwardLayer: RNN? = nil,
    name: String? = nil, file: StaticString = #fileID, line: UInt = #line
  ) {
    let pair = trapping(file, line) { () throws(Diagnostic) in
      try Bidirectional.directions(layer, backwardLayer)
    }
    self.init(pair, mergeMode, name)
  }

  private init(_ pair: (forward: RNN, backward: RNN), _ mergeMode: MergeMode, _ name: String?) {
    self.mergeMode = mergeMode
    forwardLayer = pair.forward
    backwardLayer = pair.backward
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
    self.init(try Bidirectional.directions(forward, try layer("backward_layer")), mode, nil)
    try adopt(c)
  }

  /// Layers like the two given ones, which run in opposite directions.
  private static func directions(
    _ layer: RNN, _ backward: RNN?
  ) throws(Diagnostic) -> (forward: RNN, backward: RNN) {
    if let backward { try checkPair(layer, backward) }
    return (
      try direction(layer, prefix: "forward_", flips: false),
      try direction(backward ?? layer, prefix: "backward_", flips: backward == nil)
    )
  }

  private static func checkPair(_ layer: RNN, _ backward: RNN) throws(Diagnostic) {
    let (a, b) = (layer.options, backward.options)
    if a.goBackwards == b.goBackwards {
      throw Diagnostic(
        "Bidirectional", "both layers run in the same direction",
        expected: "a backward layer with goBackwards: \(!a.goBackwards)",
        got: "goBackwards: \(b.goBackwards) for \(layer.name) and \(backward.name)")
    }
    let shared: [(String, KeyPath<RNNOptions, Bool>)] = [
      ("returnSequences", \.returnSequences), ("returnState", \.returnState),
      ("stateful", \.stateful),
    ]
    for (option, value) in shared where a[keyPath: value] != b[keyPath: value] {
      throw Diagnostic(
        "Bidirectional", "the two layers differ in \(option)",
        expected: "a backward layer with \(option): \(a[keyPath: value])",
        got: "\(option): \(b[keyPath: value]) for \(backward.name)")
    }
  }

  private static func direction(
    _ layer: RNN, prefix: String, flips: Bool
  ) throws(Diagnostic) -> RNN {
    let cells = (layer.cell as? StackedRNNCells)?.cells ?? [layer.cell]
    // What an LSTM makes its cell of, it knows itself.
    if type(of: layer) == RNN.self,
      let cell = cells.first(where: { !($0 is any ConfigurableLayer) })
    {
      throw Diagnostic(
        "Bidirectional", "\(cell.kerasName) cannot be made again, for the other direction",
        expected: "a ConfigurableLayer", got: "a class without init(configuration:)",
        fix: "let \(cell.kerasName) conform to ConfigurableLayer")
    }
    var c = layer.configuration
    if !layer.name.hasPrefix(prefix) { c["name"] = .string(prefix + layer.name) }
    if flips { c["go_backwards"] = .bool(!layer.options.goBackwards) }
    c["zero_output_for_mask"] = .bool(true)
    do {
      if let copy = try Layer.make(from: c, custom: layer.ownClasses) as? RNN { return copy }
    } catch let error as Diagnostic {
      throw error
    } catch {
      throw Diagnostic("Bidirectional", "the layer cannot be copied: \(error)", got: c.className)
    }
    throw Diagnostic("Bidirectional", "the layer cannot be copied", got: c.className)
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
    _ = try outputShapes(inputs)
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
    let fits =
      switch mergeMode {
      case .none: true
      case .concat: PartialShape(a[0].dropLast()).admits(PartialShape(b[0].dropLast()))
      case .sum, .mul, .ave: a[0].admits(b[0])
      }
    if !fits {
      throw Diagnostic(
        path, "the outputs of the two directions cannot be merged by .\(mergeMode)",
        expected: "\(a[0].text), as forwards", got: "\(b[0].text) backwards",
        fix: mergeMode == .concat
          ? "give both layers outputs of one shape"
          : "give both layers as many units, or concatenate: mergeMode: .concat")
    }
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
