/// A named value that training changes: a weight, a moving average, a slot of an optimizer.
///
/// Reading `value` captures the value of this moment; a later `assign` does not change what was
/// read. An assignment is recorded like any operation and computed with the next evaluation, in
/// place where nobody else holds the old value. A variable belongs to one task at a time.
public final class Variable {
  /// The name under which messages and files know the variable.
  public var name: String { didSet { changeCount &+= 1 } }
  /// Whether training changes it by gradients.
  public var isTrainable: Bool { didSet { changeCount &+= 1 } }
  /// What keeps the value in bounds: an optimizer applies it after each update.
  public var constraint: (@Sendable (Tensor) -> Tensor)? {
    didSet {
      changeCount &+= 1
      isConstraintReplayable = false
    }
  }
  /// Whether the constraint does the same each time, or says so if not.
  package var isConstraintReplayable = false
  /// Whether steps may be replayed that read or assign it: not if it is the state of something that
  /// has to be called each time.
  package var isReplayable = true
  /// How often one of these was set.
  private(set) var changeCount = 0
  /// The value of this moment.
  public var value: Tensor {
    Recorder.current.recording?.note(self)
    return latest
  }
  /// The value, unnoticed by a step that is being recorded.
  private(set) var latest: Tensor
  /// The sizes of the axes; an assignment never changes them.
  public var shape: Shape { latest.shape }
  /// The element type; an assignment never changes it.
  public var dtype: DType { latest.dtype }

  /// Creates a variable with its first value.
  public init(_ value: Tensor, name: String = "variable", isTrainable: Bool = true) {
    latest = value
    self.name = name
    self.isTrainable = isTrainable
  }

  /// Gives the variable a new value; traps if its shape or element type differs.
  public func assign(
    _ value: Tensor, file: StaticString = #fileID, line: UInt = #line
  ) {
    check(
      value.shape == shape && value.dtype == dtype,
      Diagnostic(
        "Variable \"\(name)\"", "a value of another shape or type was assigned",
        expected: "\(dtype) \(shape.text)", got: "\(value.dtype) \(value.shape.text)"),
      file: file, line: line)
    Recorder.current.recording?.note(self)
    latest = value
  }

  /// Whether nobody else holds the value.
  ///
  /// Called under the lock.
  var isAlone: Bool { latest.isAlone }

  /// Gives a variable of one int64 element its value here and now, in place where nobody else holds
  /// the old one: for counters.
  package func store(_ number: Int64) {
    let isStored = graphLock.withLock {
      guard latest.isAlone, let storage = latest.node.storage else { return false }
      storage.pointer.storeBytes(of: number, as: Int64.self)
      return true
    }
    if !isStored { assign(Tensor([number], shape: [], dtype: .int64)) }
  }

  /// Replaces the value without a check, and returns the old one; for `gradient`, which lends
  /// variables a wrapped value.
  func exchange(_ value: Tensor) -> Tensor {
    let old = latest
    latest = value
    return old
  }
}
