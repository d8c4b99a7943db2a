import MartletTensors

/// What each sample counts, by its class: `fit`'s class weights as sample weights.
///
/// Targets are class numbers, or rows with a number for each class, of which the largest counts; 0
/// and 1 for one output. A class that is not named counts 1. Recorded, not computed: it may be called
/// in every step.
///
///     let weights = try sampleWeights(for: labels, classWeight: [0: 1, 1: 25])
///     let loss = binaryCrossentropy(labels, net(x), sampleWeight: weights)
///
/// - Parameters:
///   - targets: Class numbers `[batch]`, `[batch, 1]` or with time steps `[batch, time]`; or rows
///     `[batch, classes]`, `[batch, time, classes]`.
///   - classWeight: What each class counts.
///   - predictionShape: Tells class numbers over time from rows of classes: the former have an axis
///     less than predictions. Where it is nil, the last of several axes is that of the classes.
/// - Returns: Weights of float32, `[batch]` or `[batch, time]`.
/// - Throws: A `Diagnostic` if a class is negative or a weight is not finite.
/// - Source: Keras' `class_weight`.
public func sampleWeights(
  for targets: Tensor, classWeight: [Int: Double], predictionShape: Shape? = nil
) throws(Diagnostic) -> Tensor {
  for (label, weight) in classWeight where label < 0 || !weight.isFinite {
    throw Diagnostic(
      "class weights", "a class or its weight makes no sense",
      expected: "classes from 0 on, finite weights", got: "class \(label), weight \(weight)")
  }
  let labels = classNumbers(of: targets, predictionShape: predictionShape)
  let last = classWeight.keys.max() ?? 0
  // One place more for all classes that are not named.
  let table = Tensor((0...last + 1).map { Float(classWeight[$0] ?? 1) }, shape: [last + 2])
  let isNamed = (labels .>= 0) .& (labels .<= last)
  let places = Tensor.where(isNamed, labels, .full(like: labels, Double(last + 1)))
  return table.taking(places, along: 0)
}

/// Targets as class numbers of `int32`.
private func classNumbers(of targets: Tensor, predictionShape: Shape?) -> Tensor {
  let isSparse = predictionShape.map { targets.rank < $0.count } ?? (targets.rank <= 1)
  let labels =
    isSparse
    ? targets
    : targets.shape.last == 1 ? targets.squeezed(along: -1) : targets.argmax(along: -1)
  return (labels.dtype.isFloating ? labels.round() : labels).cast(to: .int32)
}
