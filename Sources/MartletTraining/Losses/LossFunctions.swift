import MartletLayers
import MartletTensors

// The losses as functions, for training loops of one's own. Each gives the mean over the batch, a
// scalar; parameters, shapes and traps are those of the member of `Loss` that has its name. A custom
// loop that calls one in every step may as well keep the `Loss` and call that.

/// The mean squared error, (y − p)², a scalar: `Loss.meanSquaredError` of targets and predictions.
public func meanSquaredError(
  _ yTrue: Tensor, _ yPred: Tensor, sampleWeight: Tensor? = nil, mask: Tensor? = nil,
  file: StaticString = #fileID, line: UInt = #line
) -> Tensor {
  let loss = Loss.meanSquaredError
  return loss(yTrue, yPred, sampleWeight: sampleWeight, mask: mask, file: file, line: line)
}

/// The mean absolute error, |y − p|, a scalar: `Loss.meanAbsoluteError` of targets and predictions.
public func meanAbsoluteError(
  _ yTrue: Tensor, _ yPred: Tensor, sampleWeight: Tensor? = nil, mask: Tensor? = nil,
  file: StaticString = #fileID, line: UInt = #line
) -> Tensor {
  let loss = Loss.meanAbsoluteError
  return loss(yTrue, yPred, sampleWeight: sampleWeight, mask: mask, file: file, line: line)
}

/// The mean absolute error in percent of the target, a scalar: `Loss.meanAbsolutePercentageError` of targets and predictions.
public func meanAbsolutePercentageError(
  _ yTrue: Tensor, _ yPred: Tensor, sampleWeight: Tensor? = nil, mask: Tensor? = nil,
  file: StaticString = #fileID, line: UInt = #line
) -> Tensor {
  let loss = Loss.meanAbsolutePercentageError
  return loss(yTrue, yPred, sampleWeight: sampleWeight, mask: mask, file: file, line: line)
}

/// The mean squared error of log(1 + y) and log(1 + p), a scalar: `Loss.meanSquaredLogarithmicError` of targets and predictions.
public func meanSquaredLogarithmicError(
  _ yTrue: Tensor, _ yPred: Tensor, sampleWeight: Tensor? = nil, mask: Tensor? = nil,
  file: StaticString = #fileID, line: UInt = #line
) -> Tensor {
  let loss = Loss.meanSquaredLogarithmicError
  return loss(yTrue, yPred, sampleWeight: sampleWeight, mask: mask, file: file, line: line)
}

/// Huber's loss: squared up to `delta`, linear beyond, a scalar: `Loss.huber` of targets and predictions.
public func huber(
  _ yTrue: Tensor, _ yPred: Tensor, delta: Double = 1, sampleWeight: Tensor? = nil,
  mask: Tensor? = nil, file: StaticString = #fileID, line: UInt = #line
) -> Tensor {
  let loss = Loss.huber(delta: delta)
  return loss(yTrue, yPred, sampleWeight: sampleWeight, mask: mask, file: file, line: line)
}

/// The logarithm of the hyperbolic cosine of the error, a scalar: `Loss.logCosh` of targets and predictions.
public func logCosh(
  _ yTrue: Tensor, _ yPred: Tensor, sampleWeight: Tensor? = nil, mask: Tensor? = nil,
  file: StaticString = #fileID, line: UInt = #line
) -> Tensor {
  let loss = Loss.logCosh
  return loss(yTrue, yPred, sampleWeight: sampleWeight, mask: mask, file: file, line: line)
}

/// The cosine of the angle between targets and predictions, negated, a scalar: `Loss.cosineSimilarity` of targets and predictions.
public func cosineSimilarity(
  _ yTrue: Tensor, _ yPred: Tensor, axis: Int = -1, sampleWeight: Tensor? = nil,
  mask: Tensor? = nil, file: StaticString = #fileID, line: UInt = #line
) -> Tensor {
  let loss = Loss.cosineSimilarity(axis: axis)
  return loss(yTrue, yPred, sampleWeight: sampleWeight, mask: mask, file: file, line: line)
}

/// The cross-entropy of yes or no, a scalar: `Loss.binaryCrossentropy` of targets and predictions.
public func binaryCrossentropy(
  _ yTrue: Tensor, _ yPred: Tensor, fromLogits: Bool = false, labelSmoothing: Double = 0,
  axis: Int = -1, sampleWeight: Tensor? = nil, mask: Tensor? = nil, file: StaticString = #fileID,
  line: UInt = #line
) -> Tensor {
  let loss = Loss.binaryCrossentropy(
    fromLogits: fromLogits, labelSmoothing: labelSmoothing, axis: axis)
  return loss(yTrue, yPred, sampleWeight: sampleWeight, mask: mask, file: file, line: line)
}

/// The binary cross-entropy with less weight on what is already right, a scalar: `Loss.binaryFocalCrossentropy` of targets and predictions.
public func binaryFocalCrossentropy(
  _ yTrue: Tensor, _ yPred: Tensor, applyClassBalancing: Bool = false, alpha: Double = 0.25,
  gamma: Double = 2, fromLogits: Bool = false, labelSmoothing: Double = 0, axis: Int = -1,
  sampleWeight: Tensor? = nil, mask: Tensor? = nil, file: StaticString = #fileID, line: UInt = #line
) -> Tensor {
  let loss = Loss.binaryFocalCrossentropy(
    applyClassBalancing: applyClassBalancing, alpha: alpha, gamma: gamma, fromLogits: fromLogits,
    labelSmoothing: labelSmoothing, axis: axis)
  return loss(yTrue, yPred, sampleWeight: sampleWeight, mask: mask, file: file, line: line)
}

/// The cross-entropy of one-hot or other distributions, a scalar: `Loss.categoricalCrossentropy` of targets and predictions.
public func categoricalCrossentropy(
  _ yTrue: Tensor, _ yPred: Tensor, fromLogits: Bool = false, labelSmoothing: Double = 0,
  axis: Int = -1, sampleWeight: Tensor? = nil, mask: Tensor? = nil, file: StaticString = #fileID,
  line: UInt = #line
) -> Tensor {
  let loss = Loss.categoricalCrossentropy(
    fromLogits: fromLogits, labelSmoothing: labelSmoothing, axis: axis)
  return loss(yTrue, yPred, sampleWeight: sampleWeight, mask: mask, file: file, line: line)
}

/// The categorical cross-entropy with less weight on what is already right, a scalar: `Loss.categoricalFocalCrossentropy` of targets and predictions.
public func categoricalFocalCrossentropy(
  _ yTrue: Tensor, _ yPred: Tensor, alpha: any Numbers = 0.25, gamma: Double = 2,
  fromLogits: Bool = false, labelSmoothing: Double = 0, axis: Int = -1, sampleWeight: Tensor? = nil,
  mask: Tensor? = nil, file: StaticString = #fileID, line: UInt = #line
) -> Tensor {
  let loss = Loss.categoricalFocalCrossentropy(
    alpha: alpha, gamma: gamma, fromLogits: fromLogits, labelSmoothing: labelSmoothing, axis: axis)
  return loss(yTrue, yPred, sampleWeight: sampleWeight, mask: mask, file: file, line: line)
}

/// The cross-entropy of class numbers, a scalar: `Loss.sparseCategoricalCrossentropy` of targets and predictions.
public func sparseCategoricalCrossentropy(
  _ yTrue: Tensor, _ yPred: Tensor, fromLogits: Bool = false, ignoreClass: Int? = nil,
  axis: Int = -1, sampleWeight: Tensor? = nil, mask: Tensor? = nil, file: StaticString = #fileID,
  line: UInt = #line
) -> Tensor {
  let loss = Loss.sparseCategoricalCrossentropy(
    fromLogits: fromLogits, ignoreClass: ignoreClass, axis: axis)
  return loss(yTrue, yPred, sampleWeight: sampleWeight, mask: mask, file: file, line: line)
}

/// The generalized cross-entropy of class numbers, a scalar: `Loss.categoricalGeneralizedCrossEntropy` of targets and predictions.
public func categoricalGeneralizedCrossEntropy(
  _ yTrue: Tensor, _ yPred: Tensor, q: Double = 0.5, sampleWeight: Tensor? = nil,
  mask: Tensor? = nil, file: StaticString = #fileID, line: UInt = #line
) -> Tensor {
  let loss = Loss.categoricalGeneralizedCrossEntropy(q: q)
  return loss(yTrue, yPred, sampleWeight: sampleWeight, mask: mask, file: file, line: line)
}

/// The Kullback-Leibler divergence of predictions from targets, a scalar: `Loss.klDivergence` of targets and predictions.
public func klDivergence(
  _ yTrue: Tensor, _ yPred: Tensor, sampleWeight: Tensor? = nil, mask: Tensor? = nil,
  file: StaticString = #fileID, line: UInt = #line
) -> Tensor {
  let loss = Loss.klDivergence
  return loss(yTrue, yPred, sampleWeight: sampleWeight, mask: mask, file: file, line: line)
}

/// The negative log-likelihood of counts under Poisson's law, a scalar: `Loss.poisson` of targets and predictions.
public func poisson(
  _ yTrue: Tensor, _ yPred: Tensor, sampleWeight: Tensor? = nil, mask: Tensor? = nil,
  file: StaticString = #fileID, line: UInt = #line
) -> Tensor {
  let loss = Loss.poisson
  return loss(yTrue, yPred, sampleWeight: sampleWeight, mask: mask, file: file, line: line)
}

/// The hinge loss of targets −1 and 1, or 0 and 1, a scalar: `Loss.hinge` of targets and predictions.
public func hinge(
  _ yTrue: Tensor, _ yPred: Tensor, sampleWeight: Tensor? = nil, mask: Tensor? = nil,
  file: StaticString = #fileID, line: UInt = #line
) -> Tensor {
  let loss = Loss.hinge
  return loss(yTrue, yPred, sampleWeight: sampleWeight, mask: mask, file: file, line: line)
}

/// The squared hinge loss of targets −1 and 1, or 0 and 1, a scalar: `Loss.squaredHinge` of targets and predictions.
public func squaredHinge(
  _ yTrue: Tensor, _ yPred: Tensor, sampleWeight: Tensor? = nil, mask: Tensor? = nil,
  file: StaticString = #fileID, line: UInt = #line
) -> Tensor {
  let loss = Loss.squaredHinge
  return loss(yTrue, yPred, sampleWeight: sampleWeight, mask: mask, file: file, line: line)
}

/// The hinge loss of several classes, a scalar: `Loss.categoricalHinge` of targets and predictions.
public func categoricalHinge(
  _ yTrue: Tensor, _ yPred: Tensor, sampleWeight: Tensor? = nil, mask: Tensor? = nil,
  file: StaticString = #fileID, line: UInt = #line
) -> Tensor {
  let loss = Loss.categoricalHinge
  return loss(yTrue, yPred, sampleWeight: sampleWeight, mask: mask, file: file, line: line)
}

/// One minus Dice's coefficient, a scalar: `Loss.dice` of targets and predictions.
public func dice(
  _ yTrue: Tensor, _ yPred: Tensor, axis: [Int]? = nil, sampleWeight: Tensor? = nil,
  mask: Tensor? = nil, file: StaticString = #fileID, line: UInt = #line
) -> Tensor {
  let loss = Loss.dice(axis: axis)
  return loss(yTrue, yPred, sampleWeight: sampleWeight, mask: mask, file: file, line: line)
}

/// One minus Tversky's index, a scalar: `Loss.tversky` of targets and predictions.
public func tversky(
  _ yTrue: Tensor, _ yPred: Tensor, alpha: Double = 0.5, beta: Double = 0.5, axis: [Int]? = nil,
  sampleWeight: Tensor? = nil, mask: Tensor? = nil, file: StaticString = #fileID, line: UInt = #line
) -> Tensor {
  let loss = Loss.tversky(alpha: alpha, beta: beta, axis: axis)
  return loss(yTrue, yPred, sampleWeight: sampleWeight, mask: mask, file: file, line: line)
}

/// The circle loss of embeddings, a scalar: `Loss.circle` of targets and predictions.
public func circle(
  _ yTrue: Tensor, _ yPred: Tensor, gamma: Double = 80, margin: Double = 0.4,
  removeDiagonal: Bool = true, sampleWeight: Tensor? = nil, mask: Tensor? = nil,
  file: StaticString = #fileID, line: UInt = #line
) -> Tensor {
  let loss = Loss.circle(gamma: gamma, margin: margin, removeDiagonal: removeDiagonal)
  return loss(yTrue, yPred, sampleWeight: sampleWeight, mask: mask, file: file, line: line)
}

/// The connectionist temporal classification loss, a scalar: `Loss.ctc` of targets and predictions.
public func ctc(
  _ yTrue: Tensor, _ yPred: Tensor, sampleWeight: Tensor? = nil, mask: Tensor? = nil,
  file: StaticString = #fileID, line: UInt = #line
) -> Tensor {
  let loss = Loss.ctc
  return loss(yTrue, yPred, sampleWeight: sampleWeight, mask: mask, file: file, line: line)
}
