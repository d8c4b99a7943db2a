import Testing

@testable import MartletLayers
@testable import MartletTensors

@Suite("Core layers")
struct CoreLayerTests {
  @Test("Embedding picks rows, and its gradient adds up what was picked twice")
  func embedding() throws {
    let layer = Embedding(4, 2, maskZero: true)
    let x = Tensor([[1, 3, 1, 0]] as [[Int32]])
    _ = layer(x)
    try layer.setWeights([Tensor([[0.0, 1], [2, 3], [4, 5], [6, 7]])])
    let (outputs, masks) = layer.run([x], CallContext())
    #expect(outputs[0].nested(as: [[[Float]]].self) == [[[2, 3], [6, 7], [2, 3], [0, 1]]])
    #expect(masks[0]?.isEqual(to: Tensor([[true, true, true, false]])) == true)
    let found = valueAndGradient(of: layer.trainableVariables) { layer(x).sum() }.gradients[0]
    #expect(found.nested(as: [[Float]].self) == [[1, 1], [2, 2], [0, 0], [1, 1]])
    // Floating point indices are Keras' too.
    #expect(layer(x.cast(to: .float32)).isEqual(to: outputs[0]))
    #expect(Embedding(4, 2)(Input(shape: [7], dtype: .int32)).shape == [nil, 7, 2])
  }

  @Test("Masking leaves out the steps that are all equal to the value")
  func masking() {
    let x = Tensor([[[0.0, 0], [1, 0], [2, 2]]])
    let (outputs, masks) = Masking(maskValue: 2).run([x], CallContext())
    #expect(outputs[0].nested(as: [[[Float]]].self) == [[[0, 0], [1, 0], [0, 0]]])
    #expect(masks[0]?.isEqual(to: Tensor([[true, true, false]])) == true)
  }

  @Test("Lambda finds its output's shape by itself, and says why a file cannot hold it")
  func lambda() throws {
    let input = Input(shape: [nil, 3])
    let half = Lambda { $0.sum(along: -1) * 0.5 }
    let difference = Lambda { inputs, context in
      context.isTraining ? inputs[0] : inputs[0] - inputs[1]
    }
    let output = half(input)
    #expect(output.shape == [nil, nil])
    let model = try Model(inputs: input, outputs: difference([output, half(input)]))
    let x = Tensor([[[1.0, 2, 3]]])
    #expect(model(x).scalars == [0] && model(x, training: true).scalars == [3])
    let error = #expect(throws: Diagnostic.self) { try Layer.make(from: half.configuration) }
    #expect(error?.description.contains("closure") == true)
  }

  @Test("EinsumDense: the shapes of kernel and bias follow from the equation")
  func einsumShapes() throws {
    // Keras 3.15.1: the shapes of kernel, bias and output.
    func shapes(
      _ equation: String, _ output: PartialShape, _ bias: String?, _ input: PartialShape
    ) throws -> ([Shape], PartialShape) {
      let layer = EinsumDense(equation, outputShape: output, biasAxes: bias)
      try layer.build(for: [input])
      return (layer.weights.map(\.shape), try layer.outputShape(input))
    }
    let heads = try shapes("abc,cde->abde", [nil, 2, 5], "de", [nil, 7, 3])
    #expect(heads.0 == [[3, 2, 5], [2, 5]] && heads.1 == [nil, 7, 2, 5])
    let back = try shapes("abcd,cde->abe", [nil, 4], "e", [nil, 7, 2, 5])
    #expect(back.0 == [[2, 5, 4], [4]] && back.1 == [nil, 7, 4])
    let last = try shapes("...x,xy->...y", [6], "y", [nil, 2, 3])
    #expect(last.0 == [[3, 6], [6]] && last.1 == [nil, 2, 6])
    let first = try shapes("ab...,bc->ac...", [6], "c", [nil, 2, 3, 4])
    #expect(first.0 == [[2, 6], [6, 1, 1]] && first.1 == [nil, 6, 3, 4])
    let middle = try shapes("abc,cd->abd", [7, 5], "b", [nil, 7, 3])
    #expect(middle.0 == [[3, 5], [7, 1]] && middle.1 == [nil, 7, 5])
  }

  @Test("EinsumDense divides by the fan of the axes that it sums over")
  func einsumFans() throws {
    let layer = EinsumDense(
      "abc,cde->abde", outputShape: [nil, 4, 8], kernelInitializer: .heUniform(seed: 1))
    try layer.build(for: [[nil, 7, 600]])
    // He: uniform within √(6 / 600); by the rule for kernels it would be √(6 / (600 · 4)).
    let largest = layer.weights[0].value.abs().max().item()
    #expect(largest <= 0.1 && largest > 0.099)
  }

  @Test("Equations that cannot be are refused, naming the equation")
  func einsumRefusals() {
    let rows: [(String, PartialShape, String?, PartialShape)] = [
      ("ab,bc", [3], nil, [nil, 2]), ("ab,bc->ad", [3], nil, [nil, 2]),
      ("ab,bcz->ac", [3], nil, [nil, 2]), ("ab,bc->ac", [3], "z", [nil, 2]),
      ("ab,bc->ac", [3, 4], nil, [nil, 2]), ("ab,bc->ac", [3], nil, [nil, nil]),
      ("abc,cd->abd", [9, 5], nil, [nil, 7, 3]), ("ab,bc->ac", [3], nil, [nil, 2, 4]),
    ]
    for (equation, output, bias, input) in rows {
      let layer = EinsumDense(equation, outputShape: output, biasAxes: bias)
      let error = #expect(throws: Diagnostic.self) { try layer.build(for: [input]) }
      #expect(error?.description.contains(equation) == true)
    }
  }
}
