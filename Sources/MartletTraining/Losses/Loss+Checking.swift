import MartletTensors

extension Loss {
  /// Whether targets of a shape can be compared with predictions of another.
  ///
  /// What a raw call would trap on, for those who check before they start.
  ///
  /// - Throws: A `Diagnostic` with both shapes.
  public func check(targetShape: Shape, predictionShape: Shape) throws(Diagnostic) {
    if let mistake = targets.mistake(name, targetShape, predictionShape) { throw mistake }
  }

  /// Whether weights of a shape can be multiplied with the values of samples.
  ///
  /// The values' shape is that of the loss itself, recorded on zeros and not computed; one weight for
  /// each sample always fits.
  func check(
    weightShape: Shape, targetShape: Shape, targetType: DType, predictionShape: Shape
  ) throws(Diagnostic) {
    if weightShape.count < 2 { return }
    let values = self.values(
      .zeros(targetShape, dtype: targetType), .zeros(predictionShape)
    ).shape
    var weight = weightShape
    if weight.count == values.count + 1, weight.last == 1 { weight.removeLast() }
    let fits =
      weight.count <= values.count && zip(weight, values).allSatisfy { $0 == $1 || $0 == 1 }
    if fits { return }
    throw Diagnostic(
      name, "the sample weights do not fit the samples",
      expected: "the shape \(values) or its first axes", got: "\(weightShape)")
  }

  /// Whether targets can be compared with predictions of a shape, their values included: class
  /// numbers have to be in 0 ..< classes.
  ///
  /// Reads the targets, which may be a part of the data or all of it: only the shape behind the first
  /// axis of the predictions counts.
  ///
  /// - Throws: A `Diagnostic` with the shapes, or with the first label that is no class and its
  ///   place.
  public func check(targets: Tensor, predictionShape: Shape) throws(Diagnostic) {
    var prediction = predictionShape
    if let samples = targets.shape.first, !prediction.isEmpty { prediction[0] = samples }
    try check(targetShape: targets.shape, predictionShape: prediction)
    guard let classes = classCount(predictionShape: prediction) else { return }
    guard let place = firstWrongLabel(in: targets, classes: classes) else { return }
    let ignored = self.targets.ignoredClass
    let labels = targets.scalars(of: Double.self)
    let label = labels[place]
    throw Diagnostic(
      name, "a label is no class",
      expected: "whole numbers in 0 ..< \(classes)"
        + (ignored.map { ", or \($0), which is ignored" } ?? ""),
      got: "\(Int(exactly: label).map(String.init) ?? "\(label)") at element \(place)"
        + " of targets \(targets.shape)",
      fix: "check the labels, or give the last layer as many units as there are classes")
  }

  /// The place of the first label that is no class; one look at each of them, at no more cost.
  func firstWrongLabel(in labels: Tensor, classes: Int) -> Int? {
    let ignored = targets.ignoredClass
    return labels.firstPlace { label in
      label < 0 && label != ignored || label >= classes
    } orWhere: { label in
      !(label >= 0 && label < Double(classes) && label == label.rounded()
        || label == ignored.map(Double.init))
    }
  }

  /// How many classes predictions of a shape tell apart, where the targets are class numbers; nil
  /// for other losses.
  public func classCount(predictionShape: Shape) -> Int? {
    guard let axis = targets.classAxis else { return nil }
    let place = axis < 0 ? axis + predictionShape.count : axis
    return predictionShape.indices.contains(place) ? predictionShape[place] : nil
  }
}
