import MartletLayers
import MartletTensors
import Testing

@Suite("Convolution layers")
struct ConvolutionTests {
  private func message(_ layer: Layer, _ shape: PartialShape) -> String {
    do {
      try layer.build(for: [shape])
      _ = try layer.outputShape(shape)
      return ""
    } catch { return "\(error)" }
  }

  @Test("Bias and activation end in the convolution's kernel")
  func epilogue() throws {
    let layers: [(Layer, String)] = [
      (Conv2D(8, kernelSize: 3, activation: .relu), "conv·add·relu"),
      (Conv2DTranspose(8, kernelSize: 3, activation: .relu), "transposedConv·add·relu"),
      (DepthwiseConv2D(3, activation: .relu), "conv·add·relu"),
    ]
    let x = Tensor.ones([2, 9, 9, 3]).evaluated()
    for (layer, name) in layers {
      _ = layer(x).evaluated()
      let plan = layer(x).plan.description
      #expect(plan.hasPrefix("plan: 1 kernel") && plan.contains(name), "\(plan)")
    }
  }

  @Test("Images of any size pass where the sizes are not known")
  func openSizes() throws {
    let layer = Conv2D(4, kernelSize: 3, padding: .same)
    #expect(layer(Input(shape: [nil, nil, 1])).shape == [nil, nil, nil, 4])
    #expect(layer(Tensor.ones([1, 5, 7, 1])).shape == [1, 5, 7, 4])
    #expect(layer(Tensor.ones([1, 2, 1, 1])).shape == [1, 2, 1, 4])
    let up = Conv2DTranspose(2, kernelSize: 2, strides: 2)
    #expect(up(Input(shape: [nil, 3, 1])).shape == [nil, nil, 6, 2])
  }

  @Test("Shapes that a layer cannot take are refused, naming the layer")
  func refusals() {
    let conv = Conv2D(4, kernelSize: 5, name: "conv")
    #expect(message(conv, [nil, 4, 9, 1]).hasPrefix("conv: the window is larger than the image"))
    #expect(message(Conv2D(4, kernelSize: 5), [nil, 9, 9]).contains("4 axes"))
    #expect(message(Conv2D(4, kernelSize: 5), [nil, 9, 9, nil]).contains("must be known"))
    #expect(message(Conv2D(4, kernelSize: 2, groups: 4), [nil, 9, 9, 6]).contains("4 groups"))
    let built = Conv2D(4, kernelSize: 2)
    _ = built(Tensor.ones([1, 4, 4, 3]))
    #expect(throws: Diagnostic.self) { try built.outputShape([nil, 4, 4, 2]) }
    #expect(message(MaxPool2D(3), [nil, 2, 2, 1]).contains("larger than the image"))
  }

  @Test(
    "Hyperparameters that Keras refuses are refused",
    arguments: [
      ("Conv2D", ["filters": .int(0), "kernel_size": .int(3)]),
      ("Conv2D", ["filters": .int(4), "kernel_size": .int(0)]),
      ("Conv2D", ["filters": .int(4), "kernel_size": .ints([1, 2, 3])]),
      ("Conv2D", ["filters": .int(4), "kernel_size": .int(3), "groups": .int(3)]),
      ("Conv2D", ["filters": .int(4), "kernel_size": .int(3), "padding": .string("causal")]),
      ("Conv2D", ["filters": .int(4), "kernel_size": .int(3), "padding": .string("full")]),
      (
        "Conv2D",
        [
          "filters": .int(4), "kernel_size": .int(3), "strides": .int(2),
          "dilation_rate": .int(2),
        ]
      ),
      ("Conv2D", ["kernel_size": .int(3)]),
      (
        "Conv2DTranspose",
        ["filters": .int(4), "kernel_size": .int(3), "output_padding": .int(1)]
      ),
      ("DepthwiseConv2D", ["kernel_size": .int(3), "depth_multiplier": .int(0)]),
      ("SeparableConv2D", ["filters": .int(-1), "kernel_size": .int(3)]),
      ("MaxPooling2D", ["pool_size": .int(0)]),
      ("MaxPooling2D", ["pool_size": .int(2), "padding": .string("causal")]),
      ("GroupNormalization", ["groups": .int(0)]),
      ("LayerNormalization", ["rms_scaling": .bool(true)]),
      ("BatchNormalization", ["renorm": .bool(true)]),
      ("SpatialDropout2D", ["rate": .number(1.5)]),
      ("GaussianNoise", ["stddev": .number(2)]),
      ("GaussianDropout", ["rate": .number(1)]),
      ("AlphaDropout", ["rate": .number(-0.1)]),
      ("ActivityRegularization", ["l1": .number(-1)]),
      ("Embedding", ["input_dim": .int(0), "output_dim": .int(2)]),
      ("RepeatVector", ["n": .int(0)]),
      ("SpectralNormalization", [:]),
      ("TimeDistributed", ["layer": .string("NoSuchLayer")]),
    ] as [(String, [String: ConfigurationValue])])
  func configurations(name: String, values: [String: ConfigurationValue]) {
    #expect(throws: Diagnostic.self) {
      try Layer.make(from: Configuration(name, values))
    }
  }

  @Test("The mistake in a layer's init ends the program at its line")
  func traps() async {
    let result = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) {
      _ = Conv2D(4, kernelSize: 3, strides: 2, dilationRate: 2)
    }
    let text = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
    #expect(text.contains("ConvolutionTests.swift") && text.contains("strides and dilation"))
  }

  @Test("Strides of a pooling are its window where they are not given, in files too")
  func poolStrides() throws {
    #expect(MaxPool2D(3).strides == [3, 3] && AvgPool1D(4, strides: 1).strides == [1])
    let read = try Layer.make(
      from: Configuration("MaxPooling2D", ["pool_size": .ints([2, 3]), "strides": .null]))
    #expect((read as? MaxPool2D)?.strides == [2, 3])
  }

  @Test("A mean over time leaves out the steps that a mask leaves out")
  func maskedMean() {
    // Keras 3.15.1: GlobalAveragePooling1D()(x, mask=mask).
    let x = Tensor.arange(12).reshaped(to: [2, 3, 2]).cast(to: .float32) - 5
    let y = GlobalAvgPool1D()(
      x, mask: Tensor([[true, true, false], [false, true, false]]))
    #expect(y.nested(as: [[Float]].self) == [[-4, -3], [3, 4]])
  }
}
