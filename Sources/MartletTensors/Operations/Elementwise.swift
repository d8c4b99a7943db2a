import CKernels

/// An elementwise operation: one row of the table below, which holds everything there is to know of
/// it but its loop.
final class Elementwise: ElementwiseOperation {
  /// The gradient of one input, in terms of `dy`, `y` and the inputs; nil where it is zero.
  typealias Rule = @Sendable (Backward) -> Tensor?

  let name: String
  let code: mk_operation
  let rules: [Rule]

  init(_ name: String, _ code: Int, _ rules: Rule...) {
    self.name = name
    self.code = mk_operation(code)
    self.rules = rules
  }

  func encode(into key: inout PlanKey) { key.add(Int(code)) }

  func gradient(_ index: Int, _ at: Backward) -> Tensor? {
    index < rules.count ? rules[index](at) : nil
  }

  func block(input: DType, output: DType) -> mk_block_function {
    guard let block = mk_block(mk_isa(), code, input.kernelType) else {
      internalError("\(name) has no loop for \(input)")
    }
    return block
  }

  func link(of type: DType) -> mk_operation? {
    type == .float32 && mk_link_code(code, Int32(MK_FIRST)) != 0 ? code : nil
  }

  func plan(_ step: PlanStep, _ planner: Planner) {
    internalError("an elementwise operation is planned as a program")
  }

  private static let cheap: Set<Int> = [
    MK_ADD, MK_SUBTRACT, MK_MULTIPLY, MK_MINIMUM, MK_MAXIMUM, MK_EQUAL, MK_NOT_EQUAL, MK_LESS,
    MK_LESS_EQUAL, MK_GREATER, MK_GREATER_EQUAL, MK_AND, MK_OR, MK_XOR, MK_NOT, MK_SELECT,
    MK_NEGATE, MK_ABS, MK_SQUARE, MK_RELU, MK_RELU_GRADIENT,
  ]
  var isCheap: Bool { Elementwise.cheap.contains(Int(code)) }

  /// Whether there is a loop for a type.
  func isDefined(for dtype: DType) -> Bool {
    mk_block(mk_isa(), code, dtype.kernelType) != nil
  }
}

// swift-format-ignore
extension Elementwise {
  // ----- arithmetic: d is dy, a and b the inputs -----
  static let add      = Elementwise("add",      MK_ADD,      { $0.dy }, { $0.dy })
  static let subtract = Elementwise("subtract", MK_SUBTRACT, { $0.dy }, { -$0.dy })
  static let multiply = Elementwise("multiply", MK_MULTIPLY, { $0.dy * $0.b }, { $0.dy * $0.a })
  static let divide   = Elementwise("divide",   MK_DIVIDE,   { $0.dy / $0.b }, { -($0.dy * $0.y) / $0.b })
  static let pow      = Elementwise("pow",      MK_POW,
    { $0.dy * Tensor.select($0.b .== 0, $0.b.zero, $0.b * $0.a.pow($0.b - 1)) },
    { $0.dy * Tensor.select($0.a .== 0, $0.a.zero, $0.y * $0.a.log()) })
  static let atan2    = Elementwise("atan2",    MK_ATAN2,
    { $0.dy * $0.b / ($0.a.square() + $0.b.square()) },
    { -($0.dy * $0.a / ($0.a.square() + $0.b.square())) })
  // Ties are shared, half to each.
  static let minimum  = Elementwise("minimum",  MK_MINIMUM,
    { $0.dy * ($0.a .< $0.b).half(tie: $0.a .== $0.b, as: $0.dy.dtype) },
    { $0.dy * ($0.b .< $0.a).half(tie: $0.a .== $0.b, as: $0.dy.dtype) })
  static let maximum  = Elementwise("maximum",  MK_MAXIMUM,
    { $0.dy * ($0.a .> $0.b).half(tie: $0.a .== $0.b, as: $0.dy.dtype) },
    { $0.dy * ($0.b .> $0.a).half(tie: $0.a .== $0.b, as: $0.dy.dtype) })
  static let floorDivide = Elementwise("floorDivide", MK_FLOOR_DIVIDE)
  static let remainder = Elementwise("remainder", MK_REMAINDER, { $0.dy }, { -($0.dy * ($0.a / $0.b).floor()) })

  // ----- comparison and logic -----
  static let equal        = Elementwise("equal",        MK_EQUAL)
  static let notEqual     = Elementwise("notEqual",     MK_NOT_EQUAL)
  static let less         = Elementwise("less",         MK_LESS)
  static let lessEqual    = Elementwise("lessEqual",    MK_LESS_EQUAL)
  static let greater      = Elementwise("greater",      MK_GREATER)
  static let greaterEqual = Elementwise("greaterEqual", MK_GREATER_EQUAL)
  static let and          = Elementwise("and",          MK_AND)
  static let or           = Elementwise("or",           MK_OR)
  static let xor          = Elementwise("xor",          MK_XOR)
  static let not          = Elementwise("not",          MK_NOT)
  static let isNaN        = Elementwise("isNaN",        MK_IS_NAN)
  static let isInfinite   = Elementwise("isInfinite",   MK_IS_INF)
  static let isFinite     = Elementwise("isFinite",     MK_IS_FINITE)

  // ----- choice: inputs are condition, a, b -----
  static let select = Elementwise("where", MK_SELECT,
    { _ in nil },
    { Tensor.select($0.a, $0.dy, $0.dy.zero) },
    { Tensor.select($0.a, $0.dy.zero, $0.dy) })

  // ----- one input -----
  static let negate     = Elementwise("negate",     MK_NEGATE,     { -$0.dy })
  static let abs        = Elementwise("abs",        MK_ABS,        { $0.dy * $0.x.sign() })
  static let sign       = Elementwise("sign",       MK_SIGN)
  static let square     = Elementwise("square",     MK_SQUARE,     { $0.dy * ($0.x * 2) })
  static let sqrt       = Elementwise("sqrt",       MK_SQRT,       { $0.dy * 0.5 / $0.y })
  static let rsqrt      = Elementwise("rsqrt",      MK_RSQRT,      { $0.dy * -0.5 * $0.y / $0.x })
  static let reciprocal = Elementwise("reciprocal", MK_RECIPROCAL, { -($0.dy * $0.y.square()) })
  static let exp        = Elementwise("exp",        MK_EXP,        { $0.dy * $0.y })
  static let expm1      = Elementwise("expm1",      MK_EXPM1,      { $0.dy * ($0.y + 1) })
  static let log        = Elementwise("log",        MK_LOG,        { $0.dy / $0.x })
  static let log1p      = Elementwise("log1p",      MK_LOG1P,      { $0.dy / ($0.x + 1) })
  static let log2       = Elementwise("log2",       MK_LOG2,       { $0.dy / ($0.x * 0.6931471805599453) })
  static let sin        = Elementwise("sin",        MK_SIN,        { $0.dy * $0.x.cos() })
  static let cos        = Elementwise("cos",        MK_COS,        { -($0.dy * $0.x.sin()) })
  static let tan        = Elementwise("tan",        MK_TAN,        { $0.dy * ($0.y.square() + 1) })
  static let asin       = Elementwise("asin",       MK_ASIN,       { $0.dy * (1 - $0.x.square()).rsqrt() })
  static let acos       = Elementwise("acos",       MK_ACOS,       { -($0.dy * (1 - $0.x.square()).rsqrt()) })
  static let atan       = Elementwise("atan",       MK_ATAN,       { $0.dy / ($0.x.square() + 1) })
  static let sinh       = Elementwise("sinh",       MK_SINH,       { $0.dy * $0.x.cosh() })
  static let cosh       = Elementwise("cosh",       MK_COSH,       { $0.dy * $0.x.sinh() })
  static let tanh       = Elementwise("tanh",       MK_TANH,       { $0.dy * (1 - $0.y.square()) })
  static let sigmoid    = Elementwise("sigmoid",    MK_SIGMOID,    { $0.dy * ($0.y * (1 - $0.y)) })
  static let softplus   = Elementwise("softplus",   MK_SOFTPLUS,   { $0.dy * $0.x.sigmoid() })
  static let erf        = Elementwise("erf",        MK_ERF,        { $0.dy * ((-$0.x.square()).exp() * 1.1283791670955126) })
  static let floor      = Elementwise("floor",      MK_FLOOR)
  static let ceil       = Elementwise("ceil",       MK_CEIL)
  static let round      = Elementwise("round",      MK_ROUND)
  static let relu       = Elementwise("relu",       MK_RELU,       { Tensor.reluGradient($0.dy, $0.y) })
  static let reluGradient = Elementwise("reluGradient", MK_RELU_GRADIENT, { Tensor.reluGradient($0.dy, $0.b) })
  // Φ(x) + x φ(x)
  static let gelu       = Elementwise("gelu",       MK_GELU,       {
    let cdf = (($0.x * 0.7071067811865476).erf() + 1) * 0.5
    return $0.dy * (cdf + $0.x * ((-$0.x.square() * 0.5).exp() * 0.3989422804014327)) })
  // u = √(2/π) (x + 0.044715 x³), y = x/2 (1 + tanh u)
  static let geluTanh   = Elementwise("geluTanh",   MK_GELU_TANH,  {
    let square = $0.x.square()
    let t = ($0.x * (square * 0.044715 + 1) * 0.7978845608028654).tanh()
    let slope = (square * 0.134145 + 1) * 0.7978845608028654
    return $0.dy * ((t + 1) * 0.5 + $0.x * (1 - t.square()) * slope * 0.5) })
  static let silu       = Elementwise("silu",       MK_SILU,       {
    let s = $0.x.sigmoid()
    return $0.dy * (s * ($0.x * (1 - s) + 1)) })
  static let mish       = Elementwise("mish",       MK_MISH,       {
    let t = $0.x.softplus().tanh()
    return $0.dy * (t + $0.x * (1 - t.square()) * $0.x.sigmoid()) })
}

/// A conversion to another element type.
struct Cast: ElementwiseOperation {
  let name = "cast"
  var isCheap: Bool { true }

  func gradient(_ index: Int, _ at: Backward) -> Tensor? {
    at.x.dtype.isFloating ? at.dy.cast(to: at.x.dtype) : nil
  }

  func block(input: DType, output: DType) -> mk_block_function {
    guard let block = mk_cast(mk_isa(), input.kernelType, output.kernelType) else {
      internalError("there is no cast from \(input) to \(output)")
    }
    return block
  }

  func plan(_ step: PlanStep, _ planner: Planner) {
    internalError("an elementwise operation is planned as a program")
  }
}

extension Tensor {
  /// Records an operation of one input.
  static func unary(
    _ row: Elementwise, _ x: Tensor, to dtype: DType? = nil, file: StaticString, line: UInt
  ) -> Tensor {
    if !row.isDefined(for: x.dtype) { refuse(row, x.dtype, file: file, line: line) }
    return Recorder.current.record(
      row, [x.node], dtype.map { TensorType(x.shape, $0) } ?? x.type)
  }

  /// Records an operation of two inputs of the same type, broadcast to a common shape.
  static func binary(
    _ row: Elementwise, _ a: Tensor, _ b: Tensor, to dtype: DType? = nil,
    file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    if a.dtype != b.dtype { refuse(row, a, b, file: file, line: line) }
    if !row.isDefined(for: a.dtype) { refuse(row, a.dtype, file: file, line: line) }
    if dtype == nil, a.shape == b.shape || b.shape.isEmpty {
      return Recorder.current.record(row, [a.node, b.node], a.type)
    }
    guard let shape = broadcastShape(a.shape, b.shape) else {
      trap(
        Diagnostic(
          row.name, "the shapes do not broadcast to a common shape",
          expected: "equal sizes, or 1, axis by axis from the last",
          got: "\(a.shape.text) and \(b.shape.text)",
          fix: "reshape one operand, or give it axes of size 1 with expandingDimensions(at:)"),
        file: file, line: line)
    }
    return Recorder.current.record(
      row, [a.node, b.node], TensorType(shape, dtype ?? a.dtype, file: file, line: line))
  }

  /// Elements of `a` where the condition holds, of `b` elsewhere, broadcast to a common shape.
  static func select(
    _ condition: Tensor, _ a: Tensor, _ b: Tensor,
    file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    check(
      condition.dtype == .bool,
      Diagnostic(
        "where", "the condition is no mask", expected: "bool", got: "\(condition.dtype)",
        fix: "compare it with something, or cast(to: .bool)"),
      file: file, line: line)
    if a.dtype != b.dtype { refuse(Elementwise.select, a, b, file: file, line: line) }
    guard let values = broadcastShape(a.shape, b.shape),
      let shape = broadcastShape(condition.shape, values)
    else {
      trap(
        Diagnostic(
          "where", "the shapes do not broadcast to a common shape",
          expected: "equal sizes, or 1, axis by axis from the last",
          got: "\(condition.shape.text), \(a.shape.text) and \(b.shape.text)"),
        file: file, line: line)
    }
    return Recorder.current.record(
      Elementwise.select, [condition.node, a.node, b.node],
      TensorType(shape, a.dtype, file: file, line: line))
  }

  /// `dy` where `y` is positive, 0 elsewhere.
  static func reluGradient(_ dy: Tensor, _ y: Tensor) -> Tensor {
    binary(.reluGradient, dy, y)
  }

  /// A scalar 0 of the tensor's type.
  var zero: Tensor { .constant(0, dtype) }

  /// 1 where the mask holds, ½ where `tie` does, 0 elsewhere.
  func half(tie: Tensor, as dtype: DType) -> Tensor {
    Tensor.select(
      tie, .constant(0.5, dtype),
      Tensor.select(self, .constant(1, dtype), .constant(0, dtype)))
  }

  /// The same numbers as elements of another type.
  ///
  /// Floating point to integer drops the fraction, saturates, and turns NaN into 0; anything to
  /// `bool` is whether it differs from 0. Gradients pass between `float32` and `float64`.
  public func cast(to dtype: DType) -> Tensor {
    if dtype == self.dtype { return self }
    return Recorder.current.record(Cast(), [node], TensorType(shape, dtype))
  }

  @inline(never)
  private static func refuse(
    _ row: Elementwise, _ a: Tensor, _ b: Tensor, file: StaticString, line: UInt
  ) -> Never {
    trap(
      Diagnostic(
        row.name, "the element types differ", expected: "two operands of the same type",
        got: "\(a.dtype) \(a.shape.text) and \(b.dtype) \(b.shape.text)",
        fix: "convert one of them with cast(to:)"),
      file: file, line: line)
  }

  @inline(never)
  private static func refuse(
    _ row: Elementwise, _ dtype: DType, file: StaticString, line: UInt
  ) -> Never {
    let defined = DType.allCases.filter(row.isDefined).map(\.description)
    trap(
      Diagnostic(
        row.name, "it is not defined for this element type",
        expected: defined.joined(separator: ", "), got: "\(dtype)", fix: "use cast(to:)"),
      file: file, line: line)
  }
}
