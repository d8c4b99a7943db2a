import MartletTensors

/// Which targets a loss takes for predictions, and in which form it wants to see both.
struct TargetRule: Sendable {
  /// What does not fit, nil where all does.
  let mistake: @Sendable (_ who: String, _ target: Shape, _ prediction: Shape) -> Diagnostic?
  /// Targets and predictions as the formula takes them.
  let prepare: @Sendable (_ yTrue: Tensor, _ yPred: Tensor) -> (Tensor, Tensor)
  /// The axis of the classes, where targets are class numbers.
  var classAxis: Int? = nil
  /// The class number that is no class.
  var ignoredClass: Int? = nil

  /// Any shapes: the loss itself knows.
  static let any = TargetRule(mistake: { _, _, _ in nil }, prepare: TargetRule.matched)

  /// Targets of the predictions' shape.
  static let same = TargetRule(
    mistake: { who, target, prediction in
      if target == prediction || matches(target, prediction) { return nil }
      return Diagnostic(
        who, "the targets do not have the shape of the predictions", expected: "\(prediction)",
        got: "\(target)", fix: fix(target, prediction))
    },
    prepare: TargetRule.matched)

  /// A distribution over classes for each prediction.
  static func distributions(along axis: Int) -> TargetRule {
    TargetRule(
      mistake: { who, target, prediction in
        if let mistake = noAxis(who, axis, prediction) { return mistake }
        if target == prediction { return nil }
        return Diagnostic(
          who, "the targets do not have the shape of the predictions",
          expected: "\(prediction), a number for each class", got: "\(target)",
          fix: target.count < prediction.count || target.last == 1
            ? "turn class numbers into rows with oneHot(depth: \(prediction.last ?? 0)), or use "
              + "sparse_categorical_crossentropy"
            : "give the last layer as many units as there are classes")
      },
      prepare: TargetRule.matched)
  }

  /// A class number for each prediction.
  static func classes(along axis: Int, ignoring ignored: Int? = nil) -> TargetRule {
    TargetRule(
      mistake: { who, target, prediction in
        if let mistake = noAxis(who, axis, prediction) { return mistake }
        let place = axis < 0 ? axis + prediction.count : axis
        var rows = prediction
        rows.remove(at: place)
        var kept = prediction
        kept[place] = 1
        if target == rows || target == kept { return nil }
        return Diagnostic(
          who, "the targets do not fit the predictions",
          expected: "\(rows) or \(kept), one class number for each row of \(prediction)",
          got: "\(target)",
          fix: target == prediction
            ? "use categorical_crossentropy for one-hot targets, or argmax(along: \(axis))" : nil)
      },
      prepare: { y, p in
        let p = floating(p)
        let labels = y.dtype.isInteger ? y : y.cast(to: .int32)
        return (labels.rank == p.rank ? labels.squeezed(along: axis) : labels, p)
      },
      classAxis: axis, ignoredClass: ignored)
  }

  /// Targets in the predictions' element type, both in the same rank where a last axis of size 1
  /// makes the difference.
  @Sendable static func matched(_ yTrue: Tensor, _ yPred: Tensor) -> (Tensor, Tensor) {
    let p = floating(yPred)
    return Loss.matchedRanks(yTrue.cast(to: p.dtype), p)
  }

  private static func floating(_ p: Tensor) -> Tensor {
    p.dtype.isFloating ? p : p.cast(to: .float32)
  }

  /// Whether the shapes are the same but for a last axis of size 1.
  private static func matches(_ a: Shape, _ b: Shape) -> Bool { a + [1] == b || b + [1] == a }

  private static func noAxis(_ who: String, _ axis: Int, _ prediction: Shape) -> Diagnostic? {
    if (-prediction.count..<prediction.count).contains(axis) { return nil }
    return Diagnostic(
      who, "the predictions have no such axis", expected: "axis \(axis) with the classes",
      got: "predictions \(prediction)")
  }

  private static func fix(_ target: Shape, _ prediction: Shape) -> String? {
    if target.count == prediction.count, target.dropLast() == prediction.dropLast(),
      let units = target.last
    {
      return "give the last layer \(units) unit\(units == 1 ? "" : "s")"
    }
    if target.count + 1 == prediction.count && target == Array(prediction.dropLast()) {
      return "if the targets are class numbers, use sparse_categorical_crossentropy"
    }
    return nil
  }
}
