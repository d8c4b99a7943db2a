import MartletTensors

/// A penalty on the size of a weight or of a layer's result, added to the loss: `.l2(1e-4)`, or any
/// closure.
public struct Regularizer: Sendable {
  /// Keras' name and hyperparameters.
  public let configuration: Configuration
  private let penalty: @Sendable (Tensor) -> Tensor

  /// A regularizer from a closure with one element.
  @_disfavoredOverload
  public init(
    _ name: String, _ values: [String: ConfigurationValue] = [:],
    _ penalty: @escaping @Sendable (Tensor) -> Tensor
  ) {
    configuration = Configuration(name, values)
    self.penalty = {
      Replay.refuse()
      return penalty($0)
    }
  }

  /// One of the library's own, which does the same each time.
  init(
    _ name: String, _ values: [String: ConfigurationValue] = [:], isLibrary: Bool = true,
    _ penalty: @escaping @Sendable (Tensor) -> Tensor
  ) {
    configuration = Configuration(name, values)
    self.penalty = penalty
  }

  /// The penalty, a scalar.
  public func callAsFunction(_ x: Tensor) -> Tensor { penalty(x) }
}

extension Regularizer {
  /// What an orthogonal penalty takes for vectors.
  public enum MatrixAxis: String, Sendable, CaseIterable {
    /// Each row is one.
    case rows
    /// Each column is one.
    case columns
  }

  /// `l1(0.01)`.
  public static let l1 = l1(0.01)
  /// `l2(0.01)`.
  public static let l2 = l2(0.01)
  /// `l1l2(l1: 0.01, l2: 0.01)`.
  public static let l1l2 = l1l2(l1: 0.01, l2: 0.01)
  /// `orthogonal(0.01)`.
  public static let orthogonal = orthogonal(0.01)

  /// factor · Σ |x|, which makes weights exactly 0; traps if the factor is negative or not finite.
  public static func l1(
    _ factor: Double, file: StaticString = #fileID, line: UInt = #line
  ) -> Regularizer {
    check(factor, "l1", file, line)
    return Regularizer("L1", ["l1": .number(factor)]) { $0.abs().sum() * factor }
  }

  /// factor · Σ x², without the ½ of some books, as Keras has it; traps if the factor is negative or
  /// not finite.
  public static func l2(
    _ factor: Double, file: StaticString = #fileID, line: UInt = #line
  ) -> Regularizer {
    check(factor, "l2", file, line)
    return Regularizer("L2", ["l2": .number(factor)]) { $0.square().sum() * factor }
  }

  /// l1 · Σ |x| + l2 · Σ x²; traps if a factor is negative or not finite.
  public static func l1l2(
    l1: Double = 0, l2: Double = 0, file: StaticString = #fileID, line: UInt = #line
  ) -> Regularizer {
    check(l1, "l1l2", file, line)
    check(l2, "l1l2", file, line)
    return Regularizer("L1L2", ["l1": .number(l1), "l2": .number(l2)]) { x in
      switch (l1 == 0, l2 == 0) {
      case (true, true): .zeros([], dtype: x.dtype)
      case (false, true): x.abs().sum() * l1
      case (true, false): x.square().sum() * l2
      case (false, false): x.abs().sum() * l1 + x.square().sum() * l2
      }
    }
  }

  /// factor · the mean of |cos| of the angles between the rows, or the columns, of a matrix: 0 if
  /// they are orthogonal to each other.
  ///
  /// The mean is taken over pairs; a matrix of one vector has none, and no penalty. Traps if the
  /// weight is no matrix, or if the factor is negative or not finite.
  public static func orthogonal(
    _ factor: Double, mode: MatrixAxis = .rows, file: StaticString = #fileID, line: UInt = #line
  ) -> Regularizer {
    check(factor, "orthogonal", file, line)
    return Regularizer(
      "OrthogonalRegularizer", ["factor": .number(factor), "mode": .string(mode.rawValue)]
    ) { x in
      if x.rank != 2 {
        trap(
          Diagnostic(
            "OrthogonalRegularizer", "the weight is no matrix", expected: "a shape of two axes",
            got: "\(x.shape)"),
          file: file, line: line)
      }
      let rows = mode == .rows ? x : x.transposed()
      let count = rows.shape[0]
      if count < 2 { return .zeros([], dtype: x.dtype) }
      let lengths = rows.norm(along: 1, keepingDimensions: true)
      let directions = rows / lengths.maximum(1e-12)
      let cosines = directions.matmul(directions.transposed())
      let others = cosines * (1 - Tensor.eye(count, dtype: x.dtype))
      return others.abs().sum() * (factor / Double(count * (count - 1)))
    }
  }

  /// The regularizer of one of Keras' names, with its defaults; throws if there is none, listing
  /// those there are.
  public init(named name: String) throws(Diagnostic) {
    self = try Regularizer.table.make(Configuration(name))
  }

  /// The regularizer that a configuration describes; throws if it is unknown or a hyperparameter is
  /// of another kind or out of range.
  public init(configuration: Configuration) throws(Diagnostic) {
    self = try Regularizer.table.make(configuration)
  }

  private typealias Entry = NameTable<Regularizer>.Entry
  private static let table = NameTable<Regularizer>(
    "regularizer",
    [
      Entry("L1") { (given) throws(Diagnostic) in .l1(try given.factor("l1", 0.01)) },
      Entry("L2") { (given) throws(Diagnostic) in .l2(try given.factor("l2", 0.01)) },
      Entry("L1L2") { (given) throws(Diagnostic) in
        // Keras 2's function of the name had 0.01 for both; its class, and Keras 3, have 0.
        .l1l2(l1: try given.factor("l1", 0), l2: try given.factor("l2", 0))
      },
      Entry("OrthogonalRegularizer", "orthogonal") { (given) throws(Diagnostic) in
        let name = try given.string("mode", default: "rows")
        guard let mode = MatrixAxis(rawValue: name) else {
          throw Diagnostic(
            given.className, "\"mode\" is none that is known", expected: "rows, columns",
            got: "\"\(name)\"")
        }
        return .orthogonal(try given.factor("factor", 0.01), mode: mode)
      },
    ])

  private static func check(
    _ factor: Double, _ who: String, _ file: StaticString, _ line: UInt
  ) {
    if factor >= 0 && factor.isFinite { return }
    trap(
      Diagnostic(
        who, "the factor is none", expected: "a finite number, 0 or more", got: "\(factor)"),
      file: file, line: line)
  }
}

extension Configuration {
  fileprivate func factor(_ key: String, _ usual: Double) throws(Diagnostic) -> Double {
    let factor = try number(key, default: usual)
    guard factor >= 0 && factor.isFinite else {
      throw Diagnostic(
        className, "\"\(key)\" is no factor", expected: "a finite number, 0 or more",
        got: "\(factor)")
    }
    return factor
  }
}
