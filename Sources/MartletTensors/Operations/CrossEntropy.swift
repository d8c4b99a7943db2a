import CKernels

/// The cross-entropy of each row of logits x with labels: classes, or weights z of every class.
///
/// Inputs: logits, labels.
///
///     y = log Σ eˣ − x[label]          y = Σ z (log Σ eˣ − x)
struct CrossEntropy: Operation {
  let name = "crossEntropy"

  func gradient(_ index: Int, _ at: Backward) -> Tensor? {
    if index == 0 {
      return Tensor.record(
        CrossEntropyGradient(), [at.a, at.b, at.dy], shape: at.a.shape, dtype: at.a.dtype)
    }
    if !at.b.dtype.isFloating { return nil }
    return -(at.dy.reshaped(to: at.dy.shape + [1]) * at.a.logSoftmax())
  }

  func plan(_ step: PlanStep, _ planner: Planner) {
    planner.emitCrossEntropy(name, step, mk_cross_entropy)
  }

  func fail(_ code: Int64, _ node: Node) -> Never { failOnLabel(Int(code) - 1, node) }
}

/// The gradient of `CrossEntropy` by the logits.
///
/// Inputs: logits, labels, dloss.
///
///     dx = dloss (softmax(x) Σ z − z)
struct CrossEntropyGradient: Operation {
  let name = "crossEntropyGradient"

  func gradient(_ index: Int, _ at: Backward) -> Tensor? {
    let (x, z, dloss) = (at[0], at[1], at[2])
    if index == 2 {
      // Linear in dloss.
      let unit = Tensor.record(
        self, [x, z, Tensor.ones(dloss.shape, dtype: dloss.dtype)], shape: x.shape, dtype: x.dtype)
      return (at.dy * unit).sum(along: -1)
    }
    let isDense = z.dtype.isFloating
    if index == 1 && !isDense { return nil }
    let softmax = x.softmax()
    let weight = dloss.reshaped(to: dloss.shape + [1])
    let away = at.dy - (at.dy * softmax).sum(along: -1, keepingDimensions: true)
    if index == 1 { return -(weight * away) }
    let total = isDense ? weight * z.sum(along: -1, keepingDimensions: true) : weight
    return total * softmax * away
  }

  func plan(_ step: PlanStep, _ planner: Planner) {
    planner.emitCrossEntropy(name, step, mk_cross_entropy_gradient)
  }

  func fail(_ code: Int64, _ node: Node) -> Never { failOnLabel(Int(code) - 1, node) }
}

extension Planner {
  /// Adds a call of one of the two kernels: inputs are logits, labels and, for the gradient, dloss.
  fileprivate func emitCrossEntropy(_ label: String, _ step: PlanStep, _ kernel: @escaping mk_run) {
    let (x, labels) = (dense(step.inputs[0]), dense(step.inputs[1]))
    let y = output(step)
    let shape = x.layout.shape
    var arguments = mk_cross_entropy_args()
    arguments.rows = UInt64(shape.dropLast().reduce(1, *))
    arguments.columns = UInt64(shape[shape.count - 1])
    arguments.dtype = x.dtype.kernelType
    arguments.label_dtype = labels.dtype.kernelType
    var references: [(WritableKeyPath<mk_cross_entropy_args, mk_ref>, Location)] = [
      (\.x, x), (\.label, labels), (\.y, y), (\.error, errorSlot(step)),
    ]
    if step.inputs.count == 3 { references.append((\.dloss, dense(step.inputs[2]))) }
    emit(
      label, shape.text, kernel, arguments, references,
      parts: parts(forWork: 16 * shape.elementCount))
  }
}

/// Traps on a label that is no class.
private func failOnLabel(_ row: Int, _ node: Node) -> Never {
  let (logits, labels) = graphLock.withLock { (node.inputs[0].type, node.inputs[1].type) }
  let label = graphLock.withLock { knownElement(row, of: node.inputs[1]) }
  let place = "row \(row) of labels \(labels.shape.text)"
  trap(
    Diagnostic(
      "crossEntropy", "a label is no class",
      expected: "labels in 0 ..< \(logits.shape.last ?? 0)",
      got: label.map { "\($0) at \(place)" } ?? place,
      fix: "check the labels, or give the last layer as many units as there are classes"),
    file: #fileID, line: #line)
}

/// An integer of a tensor that was known, or made from one without moving elements; nil otherwise.
///
/// Called under the lock.
private func knownElement(_ index: Int, of node: Node) -> Int? {
  var node = node
  while node.storage == nil {
    let operation = node.operation
    guard operation is Cast || operation is Reshape || operation is Identity else { return nil }
    node = node.inputs[0]
  }
  guard let memory = node.storage?.pointer else { return nil }
  switch node.type.dtype {
  case .int32: return Int(memory.load(fromByteOffset: 4 * index, as: Int32.self))
  case .int64: return Int(memory.load(fromByteOffset: 8 * index, as: Int64.self))
  case .uint8: return Int(memory.load(fromByteOffset: index, as: UInt8.self))
  case .float32, .float64, .bool: return nil
  }
}

extension Tensor {
  /// The cross-entropy between the softmax of logits and labels, row by row, in one pass.
  ///
  ///     y = log Σ eˣ − x[label]     for classes
  ///     y = Σ z (log Σ eˣ − x)      for weights of every class
  ///
  /// Nothing overflows, and small losses keep their digits, as they would not by way of `softmax`
  /// and `log`. It can be differentiated again.
  ///
  /// - Parameters:
  ///   - logits: `[…, classes]`, of a floating point type.
  ///   - labels: Classes `[…]` of an integer type, or weights (a distribution, one-hot or smoothed;
  ///     it need not sum to 1) `[…, classes]` of the logits' type.
  /// - Returns: Losses `[…]`. The evaluation traps on a label outside 0 ..< classes.
  public static func crossEntropy(
    logits: Tensor, labels: Tensor, file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    let who = "crossEntropy"
    logits.checkFloating(who, file: file, line: line)
    let isDense = labels.dtype == logits.dtype
    check(
      isDense || labels.dtype.isInteger,
      Diagnostic(
        who, "the labels' element type does not fit",
        expected: "an integer type (classes), or \(logits.dtype) as the logits (weights)",
        got: "\(labels.dtype)", fix: "use cast(to:)"),
      file: file, line: line)
    let rows = Array(logits.shape.dropLast())
    check(
      logits.rank > 0 && labels.shape == (isDense ? logits.shape : rows),
      Diagnostic(
        who, "the labels' shape does not fit the logits",
        expected: logits.rank == 0
          ? "logits […, classes]"
          : isDense ? "weights \(logits.shape.text)" : "classes \(rows.text)",
        got: "labels \(labels.shape.text) of \(labels.dtype), logits \(logits.shape.text)"),
      file: file, line: line)
    let classes = labels.dtype == .uint8 ? labels.cast(to: .int32) : labels
    return record(CrossEntropy(), [logits, classes], shape: rows, dtype: logits.dtype)
  }

  /// The cross-entropy between the sigmoid of logits and labels, element by element.
  ///
  ///     y = max(x, 0) − x z + log(1 + e^−|x|)
  ///
  /// computed as z · softplus(−x) + (1 − z) · softplus(x), which is the same and has no kink: small
  /// losses keep their digits, and derivatives of every order are right at 0 too.
  ///
  /// - Parameters:
  ///   - logits: Of a floating point type.
  ///   - labels: Probabilities of the logits' type; the two broadcast.
  public static func binaryCrossEntropy(
    logits: Tensor, labels: Tensor, file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    let who = "binaryCrossEntropy"
    logits.checkFloating(who, file: file, line: line)
    check(
      labels.dtype == logits.dtype,
      Diagnostic(
        who, "the element types differ", expected: "labels of \(logits.dtype) as the logits",
        got: "\(labels.dtype)", fix: "labels.cast(to: .\(logits.dtype))"),
      file: file, line: line)
    check(
      broadcastShape(logits.shape, labels.shape) != nil,
      Diagnostic(
        who, "the shapes do not broadcast to a common shape",
        expected: "equal sizes, or 1, axis by axis from the last",
        got: "logits \(logits.shape.text), labels \(labels.shape.text)"),
      file: file, line: line)
    return labels * (-logits).softplus() + (1 - labels) * logits.softplus()
  }
}
