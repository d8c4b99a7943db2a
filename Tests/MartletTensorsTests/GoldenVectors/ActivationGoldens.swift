@testable import MartletTensors

extension GoldenFamily {
  static let activations = GoldenFamily(
    "activations",
    [
      "relu": { $0[0].relu() },
      "leakyRelu": { $0[0].leakyRelu(negativeSlope: $0.number("negativeSlope")!) },
      "elu": { $0[0].elu(alpha: $0.number("alpha")!) },
      "selu": { $0[0].selu() },
      "gelu": { $0[0].gelu(approximate: $0.flag("approximate")!) },
      "silu": { $0[0].silu() },
      "softsign": { $0[0].softsign() },
      "hardSigmoid": { $0[0].hardSigmoid() },
      "mish": { $0[0].mish() },
      "softmax": { $0[0].softmax(along: $0.axis!) },
      "logSoftmax": { $0[0].logSoftmax(along: $0.axis!) },
      "logSumExp": { $0[0].logSumExp(along: $0.axes, keepingDimensions: $0.keepingDimensions) },
    ])
}
