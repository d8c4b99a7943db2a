import MartletLayers
import MartletTensors

/// `Adam` with a weight decay that is no part of the gradient: w ← w − α λ w before each update.
///
/// - Source: Loshchilov and Hutter, 2019, "Decoupled weight decay regularization".
public final class AdamW: Adam {

  /// Creates the optimizer; the hyperparameters that are not its own are those of `Optimizer`.
  public init(
    learningRate: any LearningRate = 0.001, weightDecay: Double = 0.004, beta1: Double = 0.9,
    beta2: Double = 0.999, epsilon: Double = 1e-7, amsgrad: Bool = false,
    clipNorm: Double? = nil, clipValue: Double? = nil,
    globalClipNorm: Double? = nil, useEMA: Bool = false, emaMomentum: Double = 0.99,
    emaOverwriteFrequency: Int? = nil, lossScaleFactor: Double? = nil,
    gradientAccumulationSteps: Int? = nil, name: String? = nil,
    file: StaticString = #fileID, line: UInt = #line
  ) {
    super.init(
      learningRate: learningRate, beta1: beta1, beta2: beta2, epsilon: epsilon, amsgrad: amsgrad,
      weightDecay: weightDecay, clipNorm: clipNorm,
      clipValue: clipValue, globalClipNorm: globalClipNorm, useEMA: useEMA,
      emaMomentum: emaMomentum, emaOverwriteFrequency: emaOverwriteFrequency,
      lossScaleFactor: lossScaleFactor, gradientAccumulationSteps: gradientAccumulationSteps,
      name: name, file: file, line: line)
  }

  /// The optimizer that a configuration describes; throws if a hyperparameter is of another kind or
  /// out of range.
  public convenience init(configuration given: Configuration) throws(Diagnostic) {
    let betas = try Self.betas(given)
    self.init(
      beta1: betas.first, beta2: betas.second, epsilon: betas.epsilon,
      amsgrad: try given.bool("amsgrad", default: false))
    try adopt(given)
  }
}
