import MartletLayers
import MartletTensors

// Intersection over union of predicted and true classes, from one confusion matrix.

extension Metric {
  /// The mean intersection over union of chosen classes, tp / (tp + fp + fn).
  ///
  /// Classes that occur neither in targets nor in predictions do not count. Class numbers outside
  /// 0 ..< numClasses are left out.
  ///
  /// - Parameters:
  ///   - numClasses: How many classes there are.
  ///   - targetClassIds: Which of them count; traps where one is no class.
  ///   - ignoreClass: A class of the targets whose elements are left out.
  ///   - sparseYTrue: Whether targets are class numbers; otherwise the largest along `axis` is taken.
  ///   - sparseYPred: Whether predictions are class numbers.
  ///   - axis: The axis of the classes.
  public static func iou(
    numClasses: Int, targetClassIds: [Int], ignoreClass: Int? = nil, sparseYTrue: Bool = true,
    sparseYPred: Bool = true, axis: Int = -1, name: String = "io_u", file: StaticString = #fileID,
    line: UInt = #line
  ) -> Metric {
    made(file, line) { () throws(Diagnostic) in
      try IntersectionOverUnion(
        .iou, numClasses, targetClassIds, ignoreClass: ignoreClass, sparseYTrue: sparseYTrue,
        sparseYPred: sparseYPred, axis: axis, name)
    }
  }

  /// The mean intersection over union of all classes; parameters as of `iou`.
  public static func meanIoU(
    numClasses: Int, ignoreClass: Int? = nil, sparseYTrue: Bool = true, sparseYPred: Bool = true,
    axis: Int = -1, name: String = "mean_io_u", file: StaticString = #fileID,
    line: UInt = #line
  ) -> Metric {
    made(file, line) { () throws(Diagnostic) in
      try IntersectionOverUnion(
        .meanIoU, numClasses, nil, ignoreClass: ignoreClass, sparseYTrue: sparseYTrue,
        sparseYPred: sparseYPred, axis: axis, name)
    }
  }

  /// The mean intersection over union of yes and no.
  ///
  /// - Parameters:
  ///   - targetClassIds: Which of 0 and 1 count.
  ///   - threshold: What predictions have to reach to mean yes.
  public static func binaryIoU(
    targetClassIds: [Int] = [0, 1], threshold: Double = 0.5, name: String = "binary_io_u",
    file: StaticString = #fileID,
    line: UInt = #line
  ) -> Metric {
    made(file, line) { () throws(Diagnostic) in
      try IntersectionOverUnion(.binaryIoU, 2, targetClassIds, threshold: threshold, name)
    }
  }

  /// The mean intersection over union of chosen classes, of one-hot targets; parameters as of `iou`.
  public static func oneHotIoU(
    numClasses: Int, targetClassIds: [Int], ignoreClass: Int? = nil, sparseYPred: Bool = false,
    axis: Int = -1, name: String = "one_hot_io_u", file: StaticString = #fileID,
    line: UInt = #line
  ) -> Metric {
    made(file, line) { () throws(Diagnostic) in
      try IntersectionOverUnion(
        .oneHotIoU, numClasses, targetClassIds, ignoreClass: ignoreClass, sparseYTrue: false,
        sparseYPred: sparseYPred, axis: axis, name)
    }
  }

  /// The mean intersection over union of all classes, of one-hot targets; parameters as of `iou`.
  public static func oneHotMeanIoU(
    numClasses: Int, ignoreClass: Int? = nil, sparseYPred: Bool = false, axis: Int = -1,
    name: String = "one_hot_mean_io_u", file: StaticString = #fileID,
    line: UInt = #line
  ) -> Metric {
    made(file, line) { () throws(Diagnostic) in
      try IntersectionOverUnion(
        .oneHotMeanIoU, numClasses, nil, ignoreClass: ignoreClass, sparseYTrue: false,
        sparseYPred: sparseYPred, axis: axis, name)
    }
  }
}

/// Intersection over union, from a confusion matrix: one row for each class of the targets.
final class IntersectionOverUnion: Metric {
  enum Kind: String, CaseIterable {
    case iou = "IoU"
    case meanIoU = "MeanIoU"
    case binaryIoU = "BinaryIoU"
    case oneHotIoU = "OneHotIoU"
    case oneHotMeanIoU = "OneHotMeanIoU"

    /// Keras' default name of the metric.
    var name: String {
      switch self {
      case .iou: "io_u"
      case .meanIoU: "mean_io_u"
      case .binaryIoU: "binary_io_u"
      case .oneHotIoU: "one_hot_io_u"
      case .oneHotMeanIoU: "one_hot_mean_io_u"
      }
    }

    var isOneHot: Bool { self == .oneHotIoU || self == .oneHotMeanIoU }
    var choosesClasses: Bool { self == .iou || self == .oneHotIoU || self == .binaryIoU }
  }

  private let kind: Kind
  private let numClasses: Int
  private let targetClassIds: [Int]
  private let ignoreClass: Int?
  private let sparseYTrue: Bool
  private let sparseYPred: Bool
  private let axis: Int
  private let threshold: Double
  /// Whether weights lose their fraction, as in Keras unless a floating point type is asked for.
  private let truncatesWeights: Bool

  init(
    _ kind: Kind, _ numClasses: Int, _ targetClassIds: [Int]?, ignoreClass: Int? = nil,
    sparseYTrue: Bool = true, sparseYPred: Bool = true, axis: Int = -1, threshold: Double = 0.5,
    truncatesWeights: Bool = false, _ name: String
  ) throws(Diagnostic) {
    let targetClassIds = targetClassIds ?? Array(0..<max(numClasses, 0))
    if numClasses < 1 || !targetClassIds.allSatisfy({ (0..<numClasses).contains($0) }) {
      throw Diagnostic(
        name, "the classes do not fit",
        expected: "1 class or more, and target classes in 0 ..< \(numClasses)",
        got: "\(numClasses) classes, target classes \(targetClassIds)")
    }
    self.kind = kind
    self.numClasses = numClasses
    self.targetClassIds = targetClassIds
    self.ignoreClass = ignoreClass
    self.sparseYTrue = sparseYTrue
    self.sparseYPred = sparseYPred
    self.axis = axis
    self.threshold = threshold
    self.truncatesWeights = truncatesWeights
    super.init(
      name, direction: .maximize,
      states: [Metric.state("total_confusion_matrix", shape: [numClasses, numClasses])])
  }

  override func update(
    _ yTrue: Tensor, _ yPred: Tensor, sampleWeight: Tensor? = nil, mask: Tensor? = nil
  ) {
    let y = classes(yTrue, isSparse: sparseYTrue)
    let p = classes(
      kind == .binaryIoU ? (yPred.cast(to: .float32) .>= threshold).cast(to: .int32) : yPred,
      isSparse: sparseYPred)
    if y.count != p.count {
      trap(
        Diagnostic(
          name, "targets and predictions differ in number",
          expected: "as many targets as predictions, \(p.count)", got: "\(y.count)",
          fix: "set sparseYTrue or sparseYPred to false where classes have an axis"),
        file: #fileID, line: #line)
    }
    var counts = ((y .>= 0) .& (y .< numClasses)) .& ((p .>= 0) .& (p .< numClasses))
    if let ignoreClass { counts = counts .& (y .!= ignoreClass) }
    var weight = counts.cast(to: .float64)
    if var given = sampleWeight {
      if truncatesWeights { given = given.cast(to: .int32) }
      given = given.cast(to: .float64)
      weight = weight * (given.rank > 1 ? given.reshaped(to: [given.count]) : given)
    }
    let place = Tensor.where(counts, y * Double(numClasses) + p, .zeros(like: y))
    let matrix = Tensor.zeros([numClasses * numClasses], dtype: .float64)
      .addingScattered(weight, at: place)
    states[0].variable.add(matrix.reshaped(to: [numClasses, numClasses]))
  }

  /// Class numbers of `int32` in one row.
  private func classes(_ x: Tensor, isSparse: Bool) -> Tensor {
    let numbers = isSparse ? x.cast(to: .int32) : x.argmax(along: axis)
    return numbers.rank == 1 ? numbers : numbers.reshaped(to: [numbers.count])
  }

  override func result() -> Tensor {
    let matrix = states[0].variable.value
    let right = matrix.diagonal()
    let union = matrix.sum(along: 0) + matrix.sum(along: 1) - right
    let chosen = Tensor(targetClassIds, shape: [targetClassIds.count], dtype: .int32)
    let (tp, all) = (right.taking(chosen, along: 0), union.taking(chosen, along: 0))
    let occurs = (all .> 1e-9).cast(to: .float64)
    return (tp / (all + Loss.epsilon) * occurs).sum() / (occurs.sum() + Loss.epsilon)
  }

  override var configuration: Configuration {
    var values: [String: ConfigurationValue] = [
      "name": .string(name), "dtype": .string(truncatesWeights ? "int32" : "float32"),
    ]
    if kind.choosesClasses { values["target_class_ids"] = .ints(targetClassIds) }
    if kind == .binaryIoU {
      values["threshold"] = .number(threshold)
      return Configuration(kind.rawValue, values)
    }
    values["num_classes"] = .int(numClasses)
    values["ignore_class"] = .optional(ignoreClass)
    if !kind.isOneHot { values["sparse_y_true"] = .bool(sparseYTrue) }
    values["sparse_y_pred"] = .bool(sparseYPred)
    values["axis"] = .int(axis)
    return Configuration(kind.rawValue, values)
  }
}

extension MetricKind {
  static let overlaps = IntersectionOverUnion.Kind.allCases.map { kind in
    MetricKind(kind.rawValue, [kind.name]) { configuration throws(Diagnostic) in
      let isBinary = kind == .binaryIoU
      let chosen: [Int]? =
        kind.choosesClasses
        ? try configuration.ints("target_class_ids", default: isBinary ? [0, 1] : nil) : nil
      let dtype = try configuration.optionalString("dtype") ?? "int"
      return try IntersectionOverUnion(
        kind, isBinary ? 2 : configuration.int("num_classes"), chosen,
        ignoreClass: configuration.optionalInt("ignore_class"),
        sparseYTrue: kind.isOneHot ? false : configuration.bool("sparse_y_true", default: true),
        sparseYPred: configuration.bool("sparse_y_pred", default: !kind.isOneHot),
        axis: configuration.int("axis", default: -1),
        threshold: configuration.number("threshold", default: 0.5),
        truncatesWeights: dtype.hasPrefix("int"), kind.name)
    }
  }
}
