import Testing

@testable import MartletLayers
@testable import MartletTensors

/// A layer, inputs and weights of the patterns of `KerasNumbers`, masks, and what Keras 3.15.1 on
/// JAX makes of them in float64.
struct AttentionNumbers: Sendable, CustomTestStringConvertible {
  let testDescription: String
  let shapes: [Shape]
  var masks: [[Bool]?] = [nil, nil]
  let values: [[Double]]
  let make: @Sendable () -> Layer

  static let lists: [Shape] = [[1, 2, 3], [1, 4, 3]]
  static let three: [Shape] = [[1, 2, 3], [1, 4, 2], [1, 4, 3]]
  static let steps: [[Bool]?] = [[true, false], [false, true, true, false]]

  static let rows: [AttentionNumbers] = [
    .init(
      testDescription: "Attention by sums", shapes: three,
      values: [[-0.3264062, 0.2863606, -0.2636204, 0.2724456]]
    ) { Attention(useScale: true, scoreMode: .concat) },
    .init(
      testDescription: "Attention, causal", shapes: lists,
      values: [
        [-1.1, 0.7, 0.2, -0.702, -0.04625003, 0.598], [1, 0, 0, 0, 0.5025, 0.4975, 0, 0],
      ]
    ) { Attention(useCausalMask: true, returnAttentionScores: true) },
    .init(
      testDescription: "Attention with masks", shapes: lists, masks: steps,
      values: [[0.151709, -0.348291, 0.1530456, 0, 0, 0]]
    ) { Attention() },
    .init(
      testDescription: "AdditiveAttention", shapes: three,
      values: [[-0.2613303, 0.3719648, -0.4387732, 0.427814]]
    ) { AdditiveAttention() },
    .init(
      testDescription: "MultiHeadAttention with a gate", shapes: three,
      values: [[-0.296627, -0.04372046, -0.7026957, 0.09831641]]
    ) {
      MultiHeadAttention(
        numHeads: 2, keyDim: 2, valueDim: 3, dropout: 0.1, outputShape: 2, useGate: true)
    },
    .init(
      testDescription: "MultiHeadAttention in a causal window", shapes: [[1, 3, 2], [1, 3, 2]],
      values: [[-0.618, 0.102, -0.0842705, -0.04777768, 0.1235075, -0.07382657]]
    ) { MultiHeadAttention(numHeads: 2, keyDim: 2, slidingWindow: 2, useCausalMask: true) },
    .init(
      testDescription: "MultiHeadAttention over one of two axes",
      shapes: [[1, 2, 2, 2], [1, 2, 3, 2]],
      values: [
        [
          -0.3183137, 0.05062661, -0.2968199, 0.04863384, -0.110516, 0.02105175, 0.2222609,
          -0.007324577,
        ],
        [
          0.3229555, 0.3350515, 0.341993, 0.2674623, 0.344023, 0.3885147, 0.332448, 0.3362305,
          0.3313215, 0.3676824, 0.1296637, 0.502654,
        ],
      ]
    ) {
      MultiHeadAttention(
        numHeads: 1, keyDim: 2, attentionAxes: 2, returnAttentionScores: true)
    },
    // The second query may attend to nothing: Keras takes the mean then, or 0 with the scores.
    .init(
      testDescription: "MultiHeadAttention with masks", shapes: lists, masks: steps,
      values: [[0.424101, -0.4442925, 0.3985098, 0.3315, -0.513, 0.3525]]
    ) { MultiHeadAttention(numHeads: 2, keyDim: 2) },
    .init(
      testDescription: "MultiHeadAttention with masks and scores", shapes: lists, masks: steps,
      values: [
        [0.424101, -0.4442924, 0.3985098, -0.9, 0.1, -0.8],
        [
          0, 0.5001414, 0.4998586, 0, 0, 0, 0, 0, 0, 0.4935657, 0.5064343, 0, 0, 0, 0, 0,
        ],
      ]
    ) { MultiHeadAttention(numHeads: 2, keyDim: 2, returnAttentionScores: true) },
    .init(
      testDescription: "GroupQueryAttention", shapes: three,
      values: [[0.7550422, -0.3407053, 0.6211483, 0.7492738, -0.3165117, 0.5965842]]
    ) { GroupQueryAttention(headDim: 2, numQueryHeads: 4, numKeyValueHeads: 2) },
  ]
}

@Suite("Attention")
struct AttentionTests {
  @Test("The values are Keras'", arguments: AttentionNumbers.rows)
  func numbers(_ row: AttentionNumbers) throws {
    let layer = row.make()
    let inputs = row.shapes.enumerated().map { KerasNumbers.input($0, $1) }
    let masks = row.masks.map { $0.map { Tensor($0, shape: [1, $0.count]) } }
    _ = layer.outputs(of: inputs)
    for variable in layer.weights { variable.assign(KerasNumbers.weight(variable)) }
    let outputs = layer.outputs(of: inputs, masks: masks)
    #expect(outputs.count == row.values.count)
    for (output, values) in zip(outputs, row.values) {
      let expected = Tensor(values, shape: output.shape)
      #expect(output.isClose(to: expected, relative: 1e-6, absolute: 1e-6))
    }
  }

  // Keras 3.15.1, with the mask as attention_mask.
  static let masked = [0.2357178, -0.5799486, 0.3028998, 0.482502, -0.4179982, 0.435493]

  @Test("An attention mask is an input of its own, in third or fourth place")
  func attentionMask() throws {
    let layer = MultiHeadAttention(numHeads: 2, keyDim: 2)
    let inputs = AttentionNumbers.lists.enumerated().map { KerasNumbers.input($0, $1) }
    let mask = Tensor([true, false, false, true, false, true, true, false], shape: [1, 2, 4])
    _ = layer(inputs)
    for variable in layer.weights { variable.assign(KerasNumbers.weight(variable)) }
    let expected = Tensor(Self.masked, shape: [1, 2, 3])
    let fourth = layer(query: inputs[0], value: inputs[1], attentionMask: mask)
    #expect(fourth.isClose(to: expected, relative: 1e-6, absolute: 1e-6))
    #expect(layer(inputs + [mask]).isEqual(to: fourth))
    let numbers = mask.cast(to: .float64)
    #expect(layer(inputs + [inputs[1], numbers]).isEqual(to: fourth))
  }

  @Test("Projections are named as in Keras' files, and the query's mask goes on")
  func names() throws {
    let layer = MultiHeadAttention(numHeads: 2, keyDim: 2, useGate: true)
    let inputs = AttentionNumbers.lists.enumerated().map { KerasNumbers.input($0, $1) }
    let mask = Tensor([[true, false]])
    let (_, masks) = layer.run(inputs, CallContext().with(masks: [mask, nil]))
    #expect(try #require(masks[0]).isEqual(to: mask))
    #expect(
      layer.sublayers.map(\.name)
        == ["query_dense", "key_dense", "_gate_dense", "value_dense", "output_dense"])
    #expect(
      layer.sublayers.map(\.layer.name) == ["query", "key", "gate", "value", "attention_output"])
    let group = GroupQueryAttention(headDim: 2, numQueryHeads: 2, numKeyValueHeads: 1)
    _ = group(inputs)
    #expect(
      group.sublayers.map(\.name)
        == ["_query_dense", "_key_dense", "_value_dense", "_output_dense"])
  }

  @Test("A model keeps mask and causality as arguments of the call, as Keras does")
  func wiring() throws {
    let query = Input(shape: [3, 4], name: "query")
    let mask = Input(shape: [3, 3], dtype: .bool, name: "mask")
    let heads = MultiHeadAttention(numHeads: 2, keyDim: 2, useCausalMask: true)
    let y = heads(query: query, value: query, attentionMask: mask)
    let model = try Model(inputs: [query, mask], outputs: Attention()([y, query]))
    let layers = try model.configuration.list("layers")
    let text = layers.map { "\($0)" }.first { $0.contains("num_heads") } ?? ""
    #expect(text.contains("attention_mask"))
    let config = try #require(layers.compactMap(\.asConfiguration).first { $0["num_heads"] != nil })
    #expect(config["use_causal_mask"] == nil)
    let copy = try model.clone()
    try copy.setWeights(model.getWeights())
    let x = KerasNumbers.input(0, [2, 3, 4]).cast(to: .float32)
    let allowed = Tensor.randomBernoulli([2, 3, 3], using: RandomSource(seed: 1))
    #expect(copy([x, allowed]).isEqual(to: model([x, allowed])))
    let changed = x * Tensor([Float(1), 1, -2], shape: [1, 3, 1])
    let all = Tensor.ones([2, 3, 3]) .> 0.5
    let first = copy.layers.compactMap { $0 as? MultiHeadAttention }
    #expect(first.first?.useCausalMask == true)
    let a = heads(query: x, value: x, attentionMask: all)
    let b = heads(query: changed, value: changed, attentionMask: all)
    #expect(a[0..<2, 0..<2].isEqual(to: b[0..<2, 0..<2]))
  }

  @Test("What does not fit is refused, with what was given")
  func refusals() throws {
    func message(_ layer: Layer, _ shapes: [PartialShape]) -> String {
      do {
        try layer.build(for: shapes)
        _ = try layer.outputShapes(shapes)
        return ""
      } catch { return "\(error)" }
    }
    let heads = { MultiHeadAttention(numHeads: 2, keyDim: 3, useCausalMask: true) }
    #expect(message(Attention(), [[nil, 3, 4]]).contains("1 inputs"))
    #expect(message(Attention(), [[nil, 3, 4], [nil, 3, 5]]).contains("(None, 3, 5)"))
    #expect(message(heads(), [[nil, 3, 4]]).contains("1 inputs"))
    #expect(message(heads(), [[nil, 3, 4], [nil, 3]]).contains("equal ranks"))
    #expect(message(heads(), [[nil, 2, 2, 4], [nil, 2, 2, 4]]).contains("no order"))
    #expect(
      message(heads(), [[nil, 3, 4], [nil, 5, 4], [nil, 5, 4], [nil, 2, 5]]).contains("2, 5"))
    func refused(_ name: String, _ values: [String: ConfigurationValue]) -> String {
      do {
        _ = try Layer.make(from: Configuration(name, values))
        return ""
      } catch { return "\(error)" }
    }
    #expect(refused("Attention", ["score_mode": .string("sum")]).contains("dot or concat"))
    #expect(refused("AdditiveAttention", ["dropout": .number(2)]).contains("0 to 1"))
    let group: [String: ConfigurationValue] = [
      "head_dim": .int(2), "num_query_heads": .int(3), "num_key_value_heads": .int(2),
    ]
    #expect(refused("GroupQueryAttention", group).contains("a multiple of 2"))
    #expect(
      refused("MultiHeadAttention", ["num_heads": .int(0), "key_dim": .int(1)])
        .contains("1 or more"))
  }
}
