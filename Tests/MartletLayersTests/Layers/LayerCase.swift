import MartletLayers
import MartletTensors
import Testing

/// A layer with inputs that it takes: one row of the tables that all layers are checked by.
struct LayerCase: Sendable, CustomTestStringConvertible {
  let text: String
  let shapes: [Shape]
  /// Whether the inputs are integers below this number, in float64, which has no gradient.
  let classes: Int?
  let make: @Sendable () -> Layer

  init(
    _ text: String, _ shapes: Shape..., classes: Int? = nil,
    make: @escaping @Sendable () -> Layer
  ) {
    self.text = text
    self.shapes = shapes
    self.classes = classes
    self.make = make
  }

  var testDescription: String { text }

  var inputs: [Tensor] {
    shapes.enumerated().map { index, shape in
      if let classes {
        return Tensor.arange(shape.reduce(1, *), dtype: .float64).reshaped(to: shape)
          .remainder(Double(classes)).evaluated()
      }
      return distinctNumbers(shape, seed: UInt64(index))
    }
  }
}

extension LayerCase {
  /// Every layer of this module's groups, with settings that reach its branches.
  static let all: [LayerCase] =
    convolutions + poolings + reshapings + activations + normalizations + regularizations + mergings
    + core + attentions + recurrents + preprocessings
}

extension LayerCase {
  static let convolutions: [LayerCase] = [
    .init("Conv1D", [2, 7, 3]) { Conv1D(4, kernelSize: 3, activation: .tanh) },
    .init("Conv1D causal, dilated", [2, 7, 2]) {
      Conv1D(3, kernelSize: 3, padding: .causal, dilationRate: 2)
    },
    .init("Conv2D", [2, 5, 6, 2]) { Conv2D(3, kernelSize: [2, 3], padding: .same) },
    .init("Conv2D strided", [2, 6, 5, 2]) {
      Conv2D(
        3, kernelSize: 3, strides: [2, 1], activation: .sigmoid, kernelRegularizer: .l2(0.1),
        activityRegularizer: .l2(0.1))
    },
    .init("Conv2D in groups", [1, 4, 4, 4]) {
      Conv2D(6, kernelSize: 2, groups: 2, useBias: false)
    },
    .init("Conv3D", [1, 3, 4, 3, 2]) { Conv3D(2, kernelSize: 2, strides: 2, padding: .same) },
    .init("Conv1DTranspose", [2, 4, 3]) { Conv1DTranspose(2, kernelSize: 3, strides: 2) },
    .init("Conv2DTranspose", [1, 3, 4, 2]) {
      Conv2DTranspose(3, kernelSize: 3, strides: 2, padding: .same, activation: .tanh)
    },
    .init("Conv2DTranspose with output padding", [1, 3, 3, 2]) {
      Conv2DTranspose(2, kernelSize: [3, 2], strides: [2, 3], outputPadding: [1, 2])
    },
    .init("Conv2DTranspose dilated", [1, 3, 3, 2]) {
      Conv2DTranspose(2, kernelSize: 2, padding: .same, outputPadding: 0, dilationRate: 2)
    },
    .init("Conv3DTranspose", [1, 2, 2, 3, 2]) {
      Conv3DTranspose(2, kernelSize: 2, strides: [2, 1, 2])
    },
    .init("DepthwiseConv1D", [2, 6, 3]) { DepthwiseConv1D(3, strides: 2, depthMultiplier: 2) },
    .init("DepthwiseConv2D", [1, 4, 5, 3]) {
      DepthwiseConv2D(
        [2, 3], padding: .same, depthMultiplier: 2, dilationRate: [2, 1], activation: .tanh)
    },
    .init("SeparableConv1D", [2, 6, 2]) {
      SeparableConv1D(4, kernelSize: 3, depthMultiplier: 2, activation: .tanh)
    },
    .init("SeparableConv2D", [1, 5, 4, 3]) {
      SeparableConv2D(2, kernelSize: 3, strides: 2, padding: .same, useBias: false)
    },
  ]

  static let poolings: [LayerCase] = [
    .init("MaxPool1D", [2, 7, 2]) { MaxPool1D() },
    .init("MaxPool2D", [1, 5, 6, 2]) { MaxPool2D([3, 2], strides: 2, padding: .same) },
    .init("MaxPool3D", [1, 4, 4, 4, 2]) { MaxPool3D(2, strides: 1) },
    .init("AvgPool1D", [2, 7, 2]) { AvgPool1D(3, padding: .same) },
    .init("AvgPool2D", [1, 5, 6, 2]) { AvgPool2D([3, 2], strides: [1, 2], padding: .same) },
    .init("AvgPool3D", [1, 4, 4, 4, 2]) { AvgPool3D(2) },
    .init("GlobalMaxPool1D", [2, 5, 3]) { GlobalMaxPool1D() },
    .init("GlobalMaxPool2D", [2, 3, 4, 3]) { GlobalMaxPool2D(keepDims: true) },
    .init("GlobalMaxPool3D", [1, 2, 3, 2, 3]) { GlobalMaxPool3D() },
    .init("GlobalAvgPool1D", [2, 5, 3]) { GlobalAvgPool1D(keepDims: true) },
    .init("GlobalAvgPool2D", [2, 3, 4, 3]) { GlobalAvgPool2D() },
    .init("GlobalAvgPool3D", [1, 2, 3, 2, 3]) { GlobalAvgPool3D() },
  ]

  static let reshapings: [LayerCase] = [
    .init("Flatten", [2, 3, 4]) { Flatten() },
    .init("Reshape", [2, 3, 4]) { Reshape([2, -1, 3]) },
    .init("Permute", [2, 3, 4, 5]) { Permute([3, 1, 2]) },
    .init("RepeatVector", [2, 3]) { RepeatVector(4) },
    .init("ZeroPadding1D", [2, 3, 2]) { ZeroPadding1D([2, 1]) },
    .init("ZeroPadding2D", [1, 3, 2, 2]) { ZeroPadding2D([[1, 2], [0, 3]]) },
    .init("ZeroPadding3D", [1, 2, 2, 3, 2]) { ZeroPadding3D([1, 0, 2]) },
    .init("Cropping1D", [2, 5, 2]) { Cropping1D([2, 1]) },
    .init("Cropping2D", [1, 5, 6, 2]) { Cropping2D([[1, 2], [0, 3]]) },
    .init("Cropping3D", [1, 4, 4, 3, 2]) { Cropping3D() },
    .init("UpSampling1D", [2, 3, 2]) { UpSampling1D(3) },
    .init("UpSampling2D", [1, 2, 3, 2]) { UpSampling2D([2, 3]) },
    .init("UpSampling2D bilinear", [1, 3, 3, 2]) {
      UpSampling2D(2, interpolation: .bilinear)
    },
    .init("UpSampling2D bicubic", [1, 3, 3, 2]) {
      UpSampling2D([2, 3], interpolation: .bicubic)
    },
    .init("UpSampling3D", [1, 2, 2, 2, 1]) { UpSampling3D([1, 2, 3]) },
  ]

  static let activations: [LayerCase] = [
    .init("Activation", [2, 5]) { Activation(.gelu) },
    .init("ReLU", [2, 8]) { ReLU() },
    .init("ReLU bounded", [2, 8]) { ReLU(maxValue: 0.75, negativeSlope: 0.2, threshold: 0.25) },
    .init("LeakyReLU", [2, 8]) { LeakyReLU() },
    .init("PReLU", [2, 8]) { PReLU() },
    .init("PReLU shared", [2, 3, 3, 2]) {
      PReLU(alphaInitializer: .constant(0.3), alphaRegularizer: .l1(0.1), sharedAxes: [1, 2])
    },
    .init("ELU", [2, 8]) { ELU(alpha: 0.7) },
    .init("Softmax", [2, 5]) { Softmax() },
    .init("Softmax over two axes", [2, 3, 4]) { Softmax(axis: [1, 2]) },
    .init("Maxout", [2, 12]) { Maxout(3) },
    .init("Maxout of channels", [1, 3, 6, 2]) { Maxout(2, axis: 2) },
  ]

  static let normalizations: [LayerCase] = [
    .init("BatchNorm", [4, 3]) { BatchNorm() },
    .init("BatchNorm of images", [2, 3, 2, 2]) {
      BatchNorm(axis: 1, momentum: 0.9, epsilon: 1e-2, gammaRegularizer: .l2(0.1))
    },
    .init("BatchNorm alone", [4, 3]) { BatchNorm(center: false, scale: false) },
    .init("LayerNorm", [3, 4]) { LayerNorm() },
    .init("LayerNorm over two axes", [2, 3, 4]) { LayerNorm(axis: [1, 2], scale: false) },
    .init("LayerNorm of the first axis", [2, 3, 4]) { LayerNorm(axis: 1, center: false) },
    .init("GroupNorm", [2, 3, 6]) { GroupNorm(groups: 3) },
    .init("GroupNorm of each channel", [2, 2, 3, 2]) { GroupNorm(groups: -1, axis: 1) },
    .init("RMSNorm", [3, 4]) { RMSNorm() },
    .init("RMSNorm over two axes", [2, 3, 4]) { RMSNorm(axis: [1, 2], epsilon: 1e-3) },
    .init("UnitNorm", [3, 4]) { UnitNorm() },
    .init("UnitNorm over two axes", [2, 3, 4]) { UnitNorm(axis: [1, 2]) },
    // The gradient takes the singular vectors for constant, which they are once the method is there.
    .init("SpectralNormalization", [3, 4]) {
      SpectralNormalization(Dense(3), powerIterations: 200)
    },
    .init("SpectralNormalization of a convolution", [1, 4, 4, 2]) {
      SpectralNormalization(Conv2D(3, kernelSize: 2), powerIterations: 200)
    },
  ]

  static let regularizations: [LayerCase] = [
    .init("Dropout", [4, 6]) { Dropout(0.3, seed: 1) },
    .init("SpatialDropout1D", [3, 4, 5]) { SpatialDropout1D(0.4, seed: 1) },
    .init("SpatialDropout2D", [2, 3, 2, 5]) { SpatialDropout2D(0.4, seed: 1) },
    .init("SpatialDropout3D", [2, 2, 3, 2, 5]) { SpatialDropout3D(0.4, seed: 1) },
    .init("GaussianNoise", [3, 4]) { GaussianNoise(0.5, seed: 1) },
    .init("GaussianDropout", [3, 4]) { GaussianDropout(0.4, seed: 1) },
    .init("AlphaDropout", [3, 4]) { AlphaDropout(0.4, noiseShape: [nil, 1], seed: 1) },
    .init("ActivityRegularization", [3, 4]) { ActivityRegularization(l1: 0.2, l2: 0.3) },
  ]

  static let mergings: [LayerCase] = [
    .init("Add", [2, 3], [2, 3], [2, 3]) { Add() },
    .init("Add broadcasting", [2, 4, 3], [2, 3]) { Add() },
    .init("Subtract", [2, 3], [2, 1]) { Subtract() },
    .init("Multiply", [2, 3], [2, 3], [2, 3]) { Multiply() },
    .init("Average", [2, 3], [2, 3], [2, 3]) { Average() },
    .init("Maximum", [2, 3], [2, 3]) { Maximum() },
    .init("Minimum", [2, 3], [2, 3], [2, 3]) { Minimum() },
    .init("Concatenate", [2, 3], [2, 1], [2, 4]) { Concatenate() },
    .init("Concatenate of rows", [2, 3, 2], [2, 1, 2]) { Concatenate(axis: 1) },
    .init("Dot", [2, 3], [2, 3]) { Dot(axes: 1) },
    .init("Dot of matrices", [2, 3, 4], [2, 5, 3]) { Dot(axes: [1, 2]) },
    .init("Dot normalized", [2, 3, 4], [2, 4]) { Dot(axes: -1, normalize: true) },
  ]

  static let core: [LayerCase] = [
    .init("Dense", [2, 3]) {
      Dense(4, activation: .tanh, kernelRegularizer: .l1(0.1), activityRegularizer: .l2(0.1))
    },
    .init("Identity", [2, 3]) { Identity() },
    .init("Embedding", [3, 4], classes: 6) { Embedding(6, 3, embeddingsRegularizer: .l2(0.1)) },
    .init("Masking", [2, 3, 2]) { Masking(maskValue: 1) },
    .init("EinsumDense", [2, 3]) { EinsumDense("ab,bc->ac", outputShape: [4], biasAxes: "c") },
    .init("EinsumDense of heads", [2, 3, 4]) {
      EinsumDense(
        "abc,cde->abde", outputShape: [nil, 2, 3], activation: .tanh, biasAxes: "de")
    },
    .init("EinsumDense on the last axis", [2, 3, 4]) {
      EinsumDense("...x,xy->...y", outputShape: [5], biasAxes: "y")
    },
    .init("EinsumDense on the first axis", [2, 3, 4]) {
      EinsumDense("ab...,bc->ac...", outputShape: [5])
    },
    .init("TimeDistributed", [2, 3, 4]) { TimeDistributed(Dense(2, activation: .tanh)) },
    .init("TimeDistributed images", [2, 2, 4, 4, 1]) {
      TimeDistributed(Conv2D(2, kernelSize: 3))
    },
    .init("TimeDistributed statistics", [3, 2, 2]) { TimeDistributed(BatchNorm()) },
  ]
}
