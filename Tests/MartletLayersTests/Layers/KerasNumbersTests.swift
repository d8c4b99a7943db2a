import MartletLayers
import MartletTensors
import Testing

/// A layer, inputs and weights of a pattern, and what Keras 3.15.1 makes of them in float64.
struct KerasNumbers: Sendable, CustomTestStringConvertible {
  let configuration: Configuration
  let shapes: [Shape]
  let training: Bool
  let shape: Shape
  let values: [Double]

  init(
    _ name: String, _ values: [String: ConfigurationValue], _ shapes: Shape...,
    training: Bool = false, gives shape: Shape, _ numbers: [Double]
  ) {
    configuration = Configuration(name, values)
    self.shapes = shapes
    self.training = training
    self.shape = shape
    self.values = numbers
  }

  var testDescription: String { "\(configuration.className) \(configuration.values.count)" }

  /// Tenths from -1.1 to 1.1 in an order of their own for each input.
  static func input(_ index: Int, _ shape: Shape) -> Tensor {
    pattern(shape) { Double(($0 * (37 + 4 * index)) % 23 - 11) / 10 }
  }

  static func weight(_ variable: Variable) -> Tensor {
    let isVariance = variable.name.hasSuffix("moving_variance")
    return pattern(variable.shape) {
      let value = Double(($0 * 29) % 19 - 9) / 10
      return isVariance ? abs(value) + 0.5 : value
    }
  }

  private static func pattern(_ shape: Shape, _ element: (Int) -> Double) -> Tensor {
    Tensor((0..<shape.reduce(1, *)).map(element), shape: shape)
  }
}

@Suite("Keras' numbers")
struct KerasNumbersTests {
  @Test("A layer made from Keras' configuration computes Keras' numbers", arguments: rows)
  func numbers(_ row: KerasNumbers) throws {
    let layer = try Layer.make(from: row.configuration)
    let inputs = row.shapes.enumerated().map { KerasNumbers.input($0, $1) }
    _ = layer(inputs)
    for variable in layer.weights { variable.assign(KerasNumbers.weight(variable)) }
    let output = layer(inputs, training: row.training)
    #expect(output.shape == row.shape)
    #expect(output.dtype == .float64)
    let expected = Tensor(row.values, shape: row.shape)
    #expect(output.isClose(to: expected, relative: 1e-6, absolute: 1e-6))
  }

  static let rows: [KerasNumbers] = [
    .init(
      "Conv1D",
      [
        "filters": .int(2), "kernel_size": .int(3), "padding": .string("causal"),
        "dilation_rate": .int(2),
      ], [1, 5, 2], gives: [1, 5, 2],
      [-0.47, -0.27, -0.92, 0.28, 0.14, -0.76, -0.96, 0.14, 0.07, 0.07]),
    .init(
      "Conv2D",
      [
        "filters": .int(2), "kernel_size": .ints([2, 3]), "strides": .ints([1, 2]),
        "padding": .string("same"), "activation": .string("relu"),
      ], [1, 3, 4, 2], gives: [1, 3, 2, 2],
      [0.22, 0, 0, 1.14, 0, 1.58, 0, 0.85, 0, 0.58, 0, 0]),
    .init(
      "Conv2D", ["filters": .int(4), "kernel_size": .int(2), "groups": .int(2)], [1, 2, 3, 4],
      gives: [1, 1, 2, 4],
      [0.4, -2.07, -0.46, 0.1, -0.51, 1.16, -1.26, -0.76]),
    .init(
      "Conv3D", ["filters": .int(1), "kernel_size": .int(2), "use_bias": .bool(false)],
      [1, 3, 2, 3, 2], gives: [1, 2, 1, 2, 1],
      [1.38, -0.4, -0.56, -1.19]),
    .init(
      "Conv1DTranspose", ["filters": .int(2), "kernel_size": .int(2), "strides": .int(3)],
      [1, 3, 2], gives: [1, 9, 2],
      [
        0.12, 1.04, -0.04, 0.88, -0.9, 0.1, -0.28, 0.74, -0.24, 0.78, -0.9, 0.1, -0.91, -0.02,
        -1.13, -0.24, -0.9, 0.1,
      ]),
    .init(
      "Conv2DTranspose",
      ["filters": .int(1), "kernel_size": .int(3), "strides": .int(2), "padding": .string("same")],
      [1, 2, 3, 2], gives: [1, 4, 6, 1],
      [
        0.12, 0.04, 0.58, -0.26, -0.25, -1.02, -0.12, -0.2, 0.4, -0.2, -0.52, -1.35, -0.77, -0.86,
        -1.02, -0.86, -0.56, -0.86, -1.34, -1.35, -1.9, -1.35, -0.52, -0.2,
      ]),
    .init(
      "Conv2DTranspose",
      [
        "filters": .int(1), "kernel_size": .ints([3, 2]), "strides": .ints([2, 3]),
        "output_padding": .ints([1, 2]),
      ], [1, 1, 2, 2], gives: [1, 4, 7, 1],
      [
        0.12, 0.04, -0.9, -0.28, -0.26, -0.9, -0.9, -0.04, -0.12, -0.9, -0.24, -0.22, -0.9, -0.9,
        -0.2, -0.28, -0.9, -0.2, -0.18, -0.9, -0.9, -0.9, -0.9, -0.9, -0.9, -0.9, -0.9, -0.9,
      ]),
    .init(
      "DepthwiseConv2D", ["kernel_size": .int(2), "depth_multiplier": .int(2)], [1, 3, 3, 2],
      gives: [1, 2, 2, 4],
      [
        0.04, 0.64, -1.32, 0.28, -0.47, -0.17, -0.94, 0.36, -1.72, 0.28, -0.64, 0.06, -1.31, 0.39,
        -0.72, -0.32,
      ]),
    .init(
      "SeparableConv2D",
      [
        "filters": .int(2), "kernel_size": .int(2), "depth_multiplier": .int(2),
        "padding": .string("same"),
      ], [1, 2, 3, 2], gives: [1, 2, 3, 2],
      [-1.862, 0.178, -1.069, 0.111, -1.498, 0.282, -0.477, 0.143, -0.504, 0.036, -1.337, 0.083]),
    .init(
      "MaxPooling2D", ["pool_size": .int(2), "strides": .int(1), "padding": .string("same")],
      [1, 3, 3, 2], gives: [1, 3, 3, 2],
      [0.9, 0.8, 0.9, 0.8, -0.1, 0.5, 0.9, 1, 0.9, 0.5, 0.6, 0.5, 0.1, 1, 0.6, -0.3, 0.6, -0.3]),
    .init(
      "AveragePooling2D",
      ["pool_size": .ints([3, 2]), "strides": .ints([1, 2]), "padding": .string("same")],
      [1, 3, 4, 1], gives: [1, 3, 2, 1],
      [-0.475, 0.025, -0.1666667, -0.05, -0.05, -0.125]),
    .init(
      "AveragePooling1D", ["pool_size": .int(2)], [1, 5, 2], gives: [1, 2, 2],
      [-0.85, 0.55, 0.15, -0.75]),
    .init(
      "GlobalMaxPooling2D", ["keepdims": .bool(true)], [2, 2, 3, 2], gives: [2, 1, 1, 2],
      [0.9, 0.8, 1.1, 1]),
    .init(
      "GlobalAveragePooling1D", [:], [2, 4, 3], gives: [2, 3],
      [0.025, -0.3, -0.05000001, 0.15, 0.4, -0.5]),
    .init(
      "Permute", ["dims": .ints([3, 1, 2])], [1, 2, 3, 2], gives: [1, 2, 2, 3],
      [-1.1, -0.6, -0.1, 0.4, 0.9, -0.9, 0.3, 0.8, -1, -0.5, 0, 0.5]),
    .init(
      "ZeroPadding2D", ["padding": .list([.ints([1, 0]), .ints([0, 2])])], [1, 2, 2, 1],
      gives: [1, 3, 4, 1],
      [0, 0, 0, 0, -1.1, 0.3, 0, 0, -0.6, 0.8, 0, 0]),
    .init(
      "Cropping2D", ["cropping": .list([.ints([1, 0]), .ints([0, 2])])], [1, 3, 4, 2],
      gives: [1, 2, 2, 2],
      [0.9, 0, -0.9, 0.5, 0.6, -0.3, 1.1, 0.2]),
    .init(
      "UpSampling2D", ["size": .ints([2, 3])], [1, 2, 2, 1], gives: [1, 4, 6, 1],
      [
        -1.1, -1.1, -1.1, 0.3, 0.3, 0.3, -1.1, -1.1, -1.1, 0.3, 0.3, 0.3, -0.6, -0.6, -0.6, 0.8,
        0.8, 0.8, -0.6, -0.6, -0.6, 0.8, 0.8, 0.8,
      ]),
    .init(
      "UpSampling2D", ["size": .int(2), "interpolation": .string("bilinear")], [1, 2, 3, 1],
      gives: [1, 4, 6, 1],
      [
        -1.1, -0.75, -0.05, 0.075, -0.375, -0.6, -0.625, -0.41875, -0.00625, -0.025, -0.475, -0.7,
        0.325, 0.24375, 0.08125, -0.225, -0.675, -0.9, 0.8, 0.575, 0.125, -0.325, -0.775, -1,
      ]),
    .init(
      "ReLU",
      ["max_value": .number(0.6), "negative_slope": .number(0.1), "threshold": .number(0.2)],
      [2, 6], gives: [2, 6],
      [-0.13, 0.3, -0.08, 0.6, -0.03, -0.12, 0.4, -0.07, 0.6, -0.02, -0.11, 0.5]),
    .init(
      "LeakyReLU", [:], [2, 4], gives: [2, 4],
      [-0.33, 0.3, -0.18, 0.8, -0.03, -0.3, 0.4, -0.15]),
    .init(
      "PReLU", ["shared_axes": .ints([1])], [1, 3, 4], gives: [1, 3, 4],
      [0.99, 0.3, 0.48, 0.8, 0.09, -0.1, 0.4, -0.1, 0.9, 0, 0.72, 0.5]),
    .init(
      "ELU", ["alpha": .number(0.5)], [2, 4], gives: [2, 4],
      [-0.3335645, 0.3, -0.2255942, 0.8, -0.04758129, -0.3160603, 0.4, -0.1967347]),
    .init(
      "Softmax", ["axis": .int(1)], [1, 3, 4], gives: [1, 3, 4],
      [
        0.09003057, 0.4966846, 0.2242605, 0.4966846, 0.2447285, 0.1353624, 0.6096032, 0.1353624,
        0.665241, 0.367953, 0.1661363, 0.367953,
      ]),
    .init(
      "BatchNormalization", [:], [3, 4], training: true, gives: [3, 4],
      [
        0.2014446, 0.1958067, -0.4646766, 0.3916134, -0.9, -0.0377221, -1.901777, -0.0754442,
        -2.001445, 0.1419154, -0.03354657, 0.2838309,
      ]),
    .init(
      "BatchNormalization", ["axis": .int(1), "epsilon": .number(0.01)], [2, 2, 3],
      gives: [2, 2, 3],
      [
        -0.7484127, -1.809524, -1.127381, 0.1896258, 0.07439262, -0.04084057, -1.885318, -1.203175,
        -2.264286, 0.08719631, -0.02803688, 0.1512147,
      ]),
    .init(
      "LayerNormalization", [:], [2, 5], gives: [2, 5],
      [
        0.3975254, 0.1660777, -0.2473503, 0.482332, -0.7420495, 0.3975254, 0.1660777, -0.2473503,
        0.482332, -0.7420495,
      ]),
    .init(
      "LayerNormalization", ["axis": .ints([1, 2])], [2, 2, 3], gives: [2, 2, 3],
      [
        0.1693934, 0.1848725, -0.4314109, 0.5152407, -0.8867195, -0.01281574, -1.388885,
        0.007655039, -1.886411, 0.1782718, 0.4027075, 0.5118502,
      ]),
    .init(
      "GroupNormalization", ["groups": .int(2)], [1, 3, 4], gives: [1, 3, 4],
      [
        0.2960738, 0.1664485, -0.112975, 0.4654415, -0.9854339, -0.01865812, -1.362111, 0.05947216,
        -2.266942, 0.1237316, 0.2617658, 0.3717563,
      ]),
    .init(
      "RMSNormalization", [:], [2, 5], gives: [2, 5],
      [
        1.456511, 0.04413669, 0.7061871, 0.2353957, 0.1029856, 1.350674, 0.06002995, 0.6002995,
        0.2701348, 0,
      ]),
    .init(
      "UnitNormalization", ["axis": .int(1)], [1, 3, 4], gives: [1, 3, 4],
      [
        -0.7720486, 0.2873479, -0.520266, 0.7492686, -0.07018624, -0.9578263, 0.346844, -0.4682929,
        0.6316762, 0, -0.780399, 0.4682929,
      ]),
    .init(
      "ActivityRegularization", ["l1": .number(0.1)], [1, 3], gives: [1, 3],
      [-1.1, 0.3, -0.6]),
    .init(
      "Add", [:], [2, 3, 2], [2, 2], gives: [2, 3, 2],
      [-2.2, 1, -1.7, 1.5, -1.2, -0.3, 0.6, -0.8, 1.1, -0.3, -0.7, 0.2]),
    .init(
      "Subtract", [:], [2, 3], [2, 3], gives: [2, 3],
      [0, -0.4, -0.8, 1.1, 0.7, -2]),
    .init(
      "Multiply", [:], [2, 3], [2, 1], gives: [2, 3],
      [1.21, -0.33, 0.66, 0.56, -0.07, -0.7]),
    .init(
      "Average", [:], [2, 3], [2, 3], [2, 3], gives: [2, 3],
      [-1.1, 0.7, 0.2, 0.4666667, -0.03333333, 0.2333333]),
    .init(
      "Maximum", [:], [2, 3], [2, 3], gives: [2, 3],
      [-1.1, 0.7, 0.2, 0.8, -0.1, 1]),
    .init(
      "Minimum", [:], [2, 3], [2, 3], gives: [2, 3],
      [-1.1, 0.3, -0.6, -0.3, -0.8, -1]),
    .init(
      "Concatenate", ["axis": .int(1)], [1, 2, 2], [1, 1, 2], gives: [1, 3, 2],
      [-1.1, 0.3, -0.6, 0.8, -1.1, 0.7]),
    .init(
      "Dot", ["axes": .ints([1, 2])], [1, 3, 2], [1, 2, 3], gives: [1, 2, 2],
      [0.77, 0.71, 0.03, -1.73]),
    .init(
      "Dot", ["axes": .int(-1), "normalize": .bool(true)], [2, 3], [2, 3], gives: [2, 1],
      [0.7649177, -0.6865829]),
    .init(
      "EinsumDense",
      [
        "equation": .string("abc,cde->abde"), "output_shape": .list([.null, .int(2), .int(2)]),
        "bias_axes": .string("de"),
      ], [1, 2, 3], gives: [1, 2, 2, 2],
      [0.18, -0.22, 0.14, -0.26, -1.05, -0.35, -0.98, -0.28]),
  ]
}
