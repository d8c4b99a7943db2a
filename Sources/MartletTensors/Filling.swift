import CKernels

// Tensors filled by a rule: one number, a progression, the identity.

extension Tensor {
  /// A tensor filled with one number.
  public static func full(
    _ shape: Shape, _ value: Double, dtype: DType = .float32,
    file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    constant(value, dtype).broadcast(to: shape, file: file, line: line)
  }

  /// A tensor of zeros.
  public static func zeros(
    _ shape: Shape, dtype: DType = .float32, file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    full(shape, 0, dtype: dtype, file: file, line: line)
  }

  /// A tensor of ones.
  public static func ones(
    _ shape: Shape, dtype: DType = .float32, file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    full(shape, 1, dtype: dtype, file: file, line: line)
  }

  /// A tensor filled with one number, of the shape of another and of its element type.
  public static func full(like other: Tensor, _ value: Double, dtype: DType? = nil) -> Tensor {
    full(other.shape, value, dtype: dtype ?? other.dtype)
  }

  /// A tensor of zeros, of the shape of another and of its element type.
  public static func zeros(like other: Tensor, dtype: DType? = nil) -> Tensor {
    full(like: other, 0, dtype: dtype)
  }

  /// A tensor of ones, of the shape of another and of its element type.
  public static func ones(like other: Tensor, dtype: DType? = nil) -> Tensor {
    full(like: other, 1, dtype: dtype)
  }

  /// The identity matrix: 1 on a diagonal, 0 elsewhere.
  ///
  /// - Parameters:
  ///   - rows: The number of rows.
  ///   - columns: The number of columns; as many as rows where none is given.
  ///   - offset: How many columns to the right of the main diagonal the ones stand.
  /// - Returns: `[rows, columns]`
  public static func eye(
    _ rows: Int, _ columns: Int? = nil, offset: Int = 0, dtype: DType = .float32,
    file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    let columns = columns ?? rows
    let zeros = zeros([rows, columns], dtype: dtype, file: file, line: line)
    let count = Swift.min(rows + Swift.min(offset, 0), columns - Swift.max(offset, 0))
    if count <= 0 { return zeros }
    let first = offset >= 0 ? offset : -offset * columns
    return ones([count], dtype: dtype)
      .placed(in: [rows * columns], starts: [first], steps: [columns + 1])
      .reshaped(to: [rows, columns])
  }

  /// The integers 0, 1, … below `count`.
  public static func arange(
    _ count: Int, dtype: DType = .int32, file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    arange(from: 0, to: count, dtype: dtype, file: file, line: line)
  }

  /// The integers `start`, `start + step`, … before `end`.
  ///
  /// Traps if the step is 0, or if one of them does not fit the type.
  public static func arange(
    from start: Int, to end: Int, by step: Int = 1, dtype: DType = .int32,
    file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    check(step != 0, Progression.standsStill(), file: file, line: line)
    let (span, overflow) = end.subtractingReportingOverflow(start)
    // The quotient is rounded away from 0.
    let whole = (span > 0) == (step > 0) && span != 0 ? (span - step.signum()) / step : -1
    check(
      !overflow && whole < .max,
      Diagnostic(
        "arange", "the range is too long", expected: "fewer than 2⁶³ integers",
        got: "\(start) to \(end) by \(step)"),
      file: file, line: line)
    let count = whole + 1
    let last = start + Swift.max(count - 1, 0) * step
    _ = dtype.bits(ofInteger: count > 0 ? last : 0, "arange", file: file, line: line)
    let first = dtype.bits(
      ofInteger: count > 0 ? start : 0, "arange", file: file, line: line)
    return progression(
      first, dtype.wrappedBits(of: step), count, dtype, file: file, line: line)
  }

  /// The numbers `start`, `start + step`, … before `end`: start + i · step, without accumulation.
  ///
  /// - Returns: `[⌈(end − start) / step⌉]`
  ///
  /// Traps if the step is 0 or a bound is not finite.
  @_disfavoredOverload
  public static func arange(
    from start: Double, to end: Double, by step: Double = 1, dtype: DType = .float32,
    file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    check(step != 0, Progression.standsStill(), file: file, line: line)
    let count = ((end - start) / step).rounded(.up)
    check(
      count.isFinite && count < 0x1p62,
      Diagnostic(
        "arange", "the range has no end that can be reached", expected: "finite numbers",
        got: "\(start) to \(end) by \(step)"),
      file: file, line: line)
    return progression(
      dtype.bits(of: start), dtype.bits(of: step), Swift.max(Int(count), 0), dtype,
      file: file, line: line)
  }

  /// Numbers at equal distances between two bounds, both included.
  ///
  /// - Parameters:
  ///   - start: The first number.
  ///   - end: The last number; it stands outside if `includingEnd` is false.
  ///   - count: How many.
  /// - Returns: `[count]`
  public static func linspace(
    from start: Double, to end: Double, count: Int, includingEnd: Bool = true,
    dtype: DType = .float32, file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    _ = TensorType([count], dtype, file: file, line: line)
    let step = (end - start) / Double(Swift.max(includingEnd ? count - 1 : count, 1))
    var numbers = (0..<count).map { start + Double($0) * step }
    if includingEnd && count > 1 { numbers[count - 1] = end }
    return Tensor(numbers, shape: [count], dtype: dtype, file: file, line: line)
  }

  private static func progression(
    _ start: UInt64, _ step: UInt64, _ count: Int, _ dtype: DType,
    file: StaticString, line: UInt
  ) -> Tensor {
    check(
      dtype != .bool,
      Diagnostic(
        "arange", "it is not defined for this element type", expected: "numbers", got: "bool"),
      file: file, line: line)
    return Recorder.current.record(
      Progression(),
      [constant(bits: (start, 0), dtype).node, constant(bits: (step, 0), dtype).node],
      TensorType([count], dtype, file: file, line: line))
  }
}

extension DType {
  /// The bits of a step, which may be negative for a type without a sign: sums wrap.
  fileprivate func wrappedBits(of step: Int) -> UInt64 {
    switch self {
    case .int64: UInt64(bitPattern: Int64(step))
    case .int32: UInt64(UInt32(truncatingIfNeeded: step))
    case .uint8: UInt64(UInt8(truncatingIfNeeded: step))
    default: bits(of: Double(step))
    }
  }
}

/// start + i · step; the inputs are the two numbers.
struct Progression: Operation {
  let name = "arange"

  static func standsStill() -> Diagnostic {
    Diagnostic("arange", "the step is 0", expected: "a positive or negative step", got: "0")
  }

  func plan(_ step: PlanStep, _ planner: Planner) {
    let target = planner.output(step)
    if step.type.count == 0 { return }
    var arguments = mk_iota_args()
    arguments.count = UInt64(step.type.count)
    arguments.dtype = step.type.dtype.kernelType
    planner.emit(
      name, step.type.shape.text, mk_iota, arguments,
      [
        (\.y, target), (\.start, planner.location(step.inputs[0])),
        (\.step, planner.location(step.inputs[1])),
      ], parts: planner.parts(forWork: step.type.count))
  }
}
