import CKernels

/// Random elements: a function of key, position and distribution alone.
///
/// The inputs are the key and, for some distributions, their parameter.
struct RandomDraw: Operation {
  enum Distribution: Int, Sendable {
    case uniform, normal, truncatedNormal, bernoulli, bits, integers

    var code: UInt8 {
      switch self {
      case .uniform: UInt8(MK_UNIFORM)
      case .normal: UInt8(MK_NORMAL)
      case .truncatedNormal: UInt8(MK_TRUNCATED)
      case .bernoulli: UInt8(MK_BERNOULLI)
      case .bits: UInt8(MK_BITS)
      case .integers: UInt8(MK_INTEGERS)
      }
    }
  }

  let name = "random"
  let distribution: Distribution

  func encode(into key: inout PlanKey) { key.add(distribution.rawValue) }
  var isUnique: Bool { true }
  /// A mask is cheap enough to be made where it is used.
  var role: OperationRole { distribution == .bernoulli ? .source : .kernel }

  func plan(_ step: PlanStep, _ planner: Planner) {
    emit(
      into: planner.output(step), key: planner.location(step.inputs[0]),
      parameter: step.inputs.count > 1 ? planner.location(step.inputs[1]) : nil, planner)
  }

  func emit(
    into target: Planner.Location, key: Planner.Location, parameter: Planner.Location?,
    _ planner: Planner
  ) {
    let count = target.layout.shape.elementCount
    if count == 0 { return }
    var arguments = mk_random_args()
    arguments.count = UInt64(count)
    arguments.distribution = distribution.code
    arguments.dtype = target.dtype.kernelType
    planner.emit(
      "\(distribution)", target.layout.shape.text, mk_random, arguments,
      [(\.y, target), (\.key, key), (\.parameter, parameter ?? key)],
      parts: planner.parts(forWork: 8 * count))
  }
}

/// The numbers 0 ..< count in random order: those that sort random bits.
struct RandomPermutation: Operation {
  let name = "permutation"
  var isUnique: Bool { true }

  func plan(_ step: PlanStep, _ planner: Planner) {
    let target = planner.output(step)
    let count = step.type.count
    if count == 0 { return }
    let bits = planner.workspace(TensorType([count], .int64))
    RandomDraw(distribution: .bits).emit(
      into: bits, key: planner.location(step.inputs[0]), parameter: nil, planner)
    var arguments = mk_sort_args()
    (arguments.outer, arguments.axis, arguments.inner) = (1, UInt64(count), 1)
    arguments.dtype = DType.int64.kernelType
    arguments.has_indices = 1
    planner.emit(
      "sort", "[\(count)]", mk_sort, arguments,
      [(\.x, bits), (\.indices, target), (\.values, target)],
      scratch: withUnsafePointer(to: arguments, mk_sort_scratch))
  }
}

extension Tensor {
  /// Numbers between two bounds, all equally likely; `high` itself does not occur.
  ///
  /// - Parameters:
  ///   - shape: The sizes of the axes.
  ///   - low: The lower bound.
  ///   - high: The upper bound.
  ///   - dtype: `float32` or `float64`.
  ///   - source: Where to draw from; without one, from the source that `withRandomSeed` set, or
  ///     from one that nobody can foresee.
  public static func randomUniform(
    _ shape: Shape, low: Double = 0, high: Double = 1, dtype: DType = .float32,
    using source: RandomSource? = nil, file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    check(
      low.isFinite && high.isFinite && low <= high && (high - low).isFinite,
      Diagnostic(
        "randomUniform", "the bounds are not in order", expected: "finite numbers, low ≤ high",
        got: "low \(low), high \(high)"),
      file: file, line: line)
    let unit = draw(.uniform, shape, dtype, "randomUniform", source, file, line)
    if low == 0 { return high == 1 ? unit : unit * high }
    if low == high { return full(shape, low, dtype: dtype) }
    // The sum may round up to the bound.
    let last = dtype == .float32 ? Double(Float(high).nextDown) : high.nextDown
    return .binary(.minimum, unit * (high - low) + low, .constant(last, dtype))
  }

  /// Numbers of a normal distribution.
  ///
  /// Parameters as for `randomUniform`.
  public static func randomNormal(
    _ shape: Shape, mean: Double = 0, standardDeviation: Double = 1, dtype: DType = .float32,
    using source: RandomSource? = nil, file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    draw(.normal, shape, dtype, "randomNormal", source, file, line)
      .scaled(standardDeviation, mean, "randomNormal", file, line)
  }

  /// Numbers of a normal distribution, of which none is further than two standard deviations from
  /// the mean: Keras' `truncated_normal`.
  ///
  /// Parameters as for `randomUniform`. The standard deviation is that of the distribution before it
  /// was cut; that of the numbers is 0.8796 of it.
  public static func randomTruncatedNormal(
    _ shape: Shape, mean: Double = 0, standardDeviation: Double = 1, dtype: DType = .float32,
    using source: RandomSource? = nil, file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    draw(.truncatedNormal, shape, dtype, "randomTruncatedNormal", source, file, line)
      .scaled(standardDeviation, mean, "randomTruncatedNormal", file, line)
  }

  /// A mask that holds at each element with a probability, or its ones and zeros as another type.
  ///
  /// Parameters as for `randomUniform`.
  public static func randomBernoulli(
    _ shape: Shape, probability: Double = 0.5, dtype: DType = .bool,
    using source: RandomSource? = nil, file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    check(
      probability >= 0 && probability <= 1,
      Diagnostic(
        "randomBernoulli", "the probability is none", expected: "a number from 0 to 1",
        got: "\(probability)"),
      file: file, line: line)
    return record(
      RandomDraw(distribution: .bernoulli), [key(source), .constant(probability, .float32)],
      shape: shape, dtype: .bool, file: file, line: line
    ).cast(to: dtype)
  }

  /// Integers of a range, all equally likely.
  ///
  /// Parameters as for `randomUniform`; `dtype` is `int32` or `int64`.
  public static func randomIntegers(
    _ shape: Shape, in range: Range<Int>, dtype: DType = .int32,
    using source: RandomSource? = nil, file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    check(
      dtype == .int32 || dtype == .int64,
      Diagnostic(
        "randomIntegers", "it is not defined for this element type", expected: "int32 or int64",
        got: "\(dtype)", fix: "use cast(to:)"),
      file: file, line: line)
    check(
      !range.isEmpty || shape.contains(0),
      Diagnostic(
        "randomIntegers", "the range is empty", expected: "one integer at least", got: "\(range)"),
      file: file, line: line)
    if !range.isEmpty {
      _ = dtype.bits(ofInteger: range.lowerBound, "randomIntegers", file: file, line: line)
      _ = dtype.bits(ofInteger: range.upperBound - 1, "randomIntegers", file: file, line: line)
    }
    let bounds = constant(
      bits: (
        UInt64(bitPattern: Int64(range.lowerBound)), UInt64(bitPattern: Int64(range.upperBound))
      ), .int64)
    return record(
      RandomDraw(distribution: .integers), [key(source), bounds], shape: shape, dtype: dtype,
      file: file, line: line)
  }

  /// The integers 0 ..< `count` in random order, of `int32`.
  ///
  /// `x[Tensor.randomPermutation(x.shape[0])]` is `x` with its rows shuffled.
  public static func randomPermutation(
    _ count: Int, using source: RandomSource? = nil,
    file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    check(
      count >= 0 && count <= Int(Int32.max),
      Diagnostic(
        "randomPermutation", "so many integers cannot be permuted",
        expected: "a count from 0 to \(Int32.max)", got: "\(count)"),
      file: file, line: line)
    return record(RandomPermutation(), [key(source)], shape: [count], dtype: .int32)
  }

  private static func draw(
    _ distribution: RandomDraw.Distribution, _ shape: Shape, _ dtype: DType, _ who: String,
    _ source: RandomSource?, _ file: StaticString, _ line: UInt
  ) -> Tensor {
    check(
      dtype.isFloating,
      Diagnostic(
        who, "it is not defined for this element type", expected: "float32 or float64",
        got: "\(dtype)", fix: "use randomIntegers, or cast(to:)"),
      file: file, line: line)
    return record(
      RandomDraw(distribution: distribution), [key(source)], shape: shape, dtype: dtype,
      file: file, line: line)
  }

  /// The key of one draw: an input of the plan, and a new one for each draw, so that no two draws
  /// are taken for the same, unless a closure is run again.
  private static func key(_ source: RandomSource?) -> Tensor {
    DrawnKeys.next {
      let implicit = RandomSource.implicit
      let source = source ?? implicit
      let key = constant(bits: source.nextKey(), .int64)
      Recorder.current.recording?.note(key.node, from: source, isImplicit: source === implicit)
      return key
    }
  }

  private func scaled(
    _ deviation: Double, _ mean: Double, _ who: String, _ file: StaticString, _ line: UInt
  ) -> Tensor {
    check(
      deviation >= 0 && deviation.isFinite && mean.isFinite,
      Diagnostic(
        who, "the mean or the deviation is none", expected: "finite numbers, the deviation ≥ 0",
        got: "mean \(mean), standard deviation \(deviation)"),
      file: file, line: line)
    let stretched = deviation == 1 ? self : self * deviation
    return mean == 0 ? stretched : stretched + mean
  }
}
