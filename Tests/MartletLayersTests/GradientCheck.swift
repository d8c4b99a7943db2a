import Testing

@testable import MartletLayers
@testable import MartletTensors

/// Compares the gradients of a layer by its inputs and by its trainable weights with five-point
/// stencils in float64.
///
/// The outputs are folded by Σ sin(y + 0.3): a plain sum would hide mistakes of softmax,
/// normalizations and permutations. What the layer adds to the loss is part of it. Weights are moved
/// away from their first values, state and random sources are set back before each call.
///
/// - Parameters:
///   - layer: A layer that was not called yet.
///   - inputs: Its inputs, of float64.
///   - training: The mode.
///   - masks: The inputs' masks.
///   - differentiated: Which inputs are checked; all where it is not given.
func checkGradients(
  of layer: Layer, inputs: [Tensor], training: Bool = true, masks: [Tensor?]? = nil,
  differentiated: [Int]? = nil, sourceLocation: SourceLocation = #_sourceLocation
) throws {
  try layer.build(
    for: inputs.map { $0.shape.map(Optional.some) }, dtypes: inputs.map(\.dtype))
  let context = { CallContext(training: training).with(masks: masks ?? inputs.map { _ in nil }) }
  let source = RandomSource(seed: 7)
  for variable in layer.weights {
    variable.assign(
      (variable.value
        + .randomUniform(variable.shape, low: -0.4, high: 0.4, dtype: variable.dtype, using: source))
        .evaluated())
  }
  let state = layer.weights.map { ($0, $0.value) }
  let draws = layer.randomSources.map { ($0, $0.seed, $0.draws) }
  func restore() {
    for (variable, value) in state { variable.assign(value) }
    for (source, seed, count) in draws { source.restart(seed: seed, draws: count) }
  }
  func loss(_ inputs: [Tensor]) -> Tensor {
    let context = context()
    let outputs = layer.run(inputs, context).outputs
    return (outputs.map { ($0 + 0.3).sin().sum() } + context.losses).reduce(
      Tensor.zeros([], dtype: .float64)
    ) { $0 + $1 }
  }
  let trainable = layer.trainable ? layer.trainableVariables : []
  restore()
  let byInputs = gradient(at: inputs) { loss($0) }
  restore()
  let byWeights = valueAndGradient(of: trainable) { loss(inputs) }.gradients
  restore()

  /// The derivative by element `index` of a tensor that `replace` puts into a call.
  func stencil(_ x: Tensor, _ index: Int, _ replace: (Tensor) -> [Tensor]) -> Double {
    let step = 1e-3
    func value(_ factor: Double) -> Double {
      restore()
      var elements = x.scalars(of: Double.self)
      elements[index] += factor * step
      let result = loss(replace(Tensor(elements, shape: x.shape))).item()
      restore()
      return result
    }
    return (value(-2) - 8 * value(-1) + 8 * value(1) - value(2)) / (12 * step)
  }
  func compare(
    _ x: Tensor, _ found: Tensor, _ what: String, _ replace: (Tensor) -> [Tensor]
  ) {
    let elements = found.scalars(of: Double.self)
    #expect(found.shape == x.shape, sourceLocation: sourceLocation)
    // At most a dozen elements of each tensor, spread over it.
    for index in stride(from: 0, to: x.count, by: max(1, x.count / 12)) {
      let expected = stencil(x, index, replace)
      #expect(
        abs(elements[index] - expected) <= 1e-8 * max(1, abs(expected)),
        "\(layer.kerasName), \(training ? "training" : "inference"): gradient by \(what) at \(index)",
        sourceLocation: sourceLocation)
    }
  }
  for index in differentiated ?? Array(inputs.indices) {
    compare(inputs[index], byInputs[index], "input \(index)") { changed in
      var copy = inputs
      copy[index] = changed
      return copy
    }
  }
  for (variable, found) in zip(trainable, byWeights) {
    compare(variable.value, found, variable.name) { changed in
      variable.assign(changed)
      return inputs
    }
  }
}

/// Numbers of float64 that differ from each other by 0.03 or more, and from 0 and those of other
/// seeds below 3 by 0.004: no stencil steps over a kink of `relu` or a maximum.
func distinctNumbers(_ shape: Shape, seed: UInt64 = 0) -> Tensor {
  let count = shape.reduce(1, *)
  let order = Tensor.randomPermutation(count, using: RandomSource(seed: seed))
  let scale = min(4 / Double(max(count, 1)), 0.5)
  return
    ((order.cast(to: .float64) - Double(count / 2)) * max(scale, 0.03) + 0.015
    + 0.011 * Double(seed))
    .reshaped(to: shape).evaluated()
}
