import CKernels

/// A reduction over axes, computed in an order that depends on the shape alone.
final class Reduction: MapHost {
  let name: String
  let code: UInt8
  let axes: [Int]
  let keepsDimensions: Bool

  init(_ kind: Kind, axes: [Int], keepsDimensions: Bool) {
    name = kind.name
    code = kind.code
    self.axes = axes
    self.keepsDimensions = keepsDimensions
  }

  /// What is accumulated.
  enum Kind: Sendable {
    case sum, product, max, min, any, all

    var name: String {
      switch self {
      case .sum: "sum"
      case .product: "product"
      case .max: "max"
      case .min: "min"
      case .any: "any"
      case .all: "all"
      }
    }

    var code: UInt8 {
      switch self {
      case .sum: UInt8(MK_SUM)
      case .product: UInt8(MK_PROD)
      case .max: UInt8(MK_MAX)
      case .min: UInt8(MK_MIN)
      case .any: UInt8(MK_ANY)
      case .all: UInt8(MK_ALL)
      }
    }
  }

  func encode(into key: inout PlanKey) {
    key.add(Int(code))
    key.add(axes)
  }

  func gradient(_ index: Int, _ at: Backward) -> Tensor? {
    let kept = at.x.shape.removing(axes, keepingDimensions: true)
    let dy = at.dy.reshaped(to: kept)
    switch Int(code) {
    case Int(MK_SUM): return dy.broadcast(to: at.x.shape)
    case Int(MK_MAX), Int(MK_MIN):
      // Ties share the gradient equally.
      let isExtreme = (at.x .== at.y.reshaped(to: kept)).cast(to: dy.dtype)
      return dy * isExtreme / isExtreme.sum(along: axes, keepingDimensions: true)
    case Int(MK_PROD): return dy * at.x.productOfOthers(along: axes)
    default: return nil
    }
  }

  /// The axes in the order in which they are walked.
  private func walk(_ shape: Shape) -> (outer: [Int], inner: [Int]) {
    let inner = Array(shape.indices.reversed().prefix { !axes.contains($0) }.reversed())
    return (shape.indices.filter { !axes.contains($0) && !inner.contains($0) }, inner)
  }

  func isInOrder(_ shape: Shape) -> Bool {
    let (outer, inner) = walk(shape)
    let long = (outer + axes + inner).filter { shape[$0] != 1 }
    return long == long.sorted()
  }

  func isAlike(_ other: any MapHost) -> Bool {
    guard let other = other as? Reduction else { return false }
    return code == other.code && axes == other.axes
  }

  func plan(_ step: PlanStep, _ planner: Planner) {
    let shape = planner.type(of: step.inputs[0]).shape
    let (outer, inner) = walk(shape)
    let nodes = [step.node] + step.siblings
    let targets = nodes.map(planner.output(of:))
    let results = planner.settle()
    if step.type.count == 0 { return }

    var arguments = mk_reduce_args()
    arguments.outer = UInt64(outer.reduce(1) { $0 * shape[$1] })
    arguments.reduced = UInt64(axes.reduce(1) { $0 * shape[$1] })
    arguments.inner = UInt64(inner.reduce(1) { $0 * shape[$1] })
    arguments.operation = code
    arguments.dtype = step.type.dtype.kernelType
    arguments.chunk = mk_reduce_chunk(
      arguments.outer, arguments.reduced, arguments.inner, arguments.dtype)
    arguments.more = UInt8(step.siblings.count)
    let program = Program(
      step.members, shape: shape, axes: outer + axes + inner, results: results,
      values: nodes.map { planner.graph.inputs[$0][0] }, planner: planner)
    arguments.map = UnsafePointer(program.pointer)
    let names = (step.members + nodes).map { planner.graph.nodes[$0].operation.name }
    let detail = "\(shape.text) along \(axes)"
    let work = shape.elementCount * (step.members.count + nodes.count)
    let places: [WritableKeyPath<mk_reduce_args, mk_ref>] = [
      \.y, \.others.0, \.others.1, \.others.2,
    ]
    let chunks = arguments.reduced == 0 ? 1 : (arguments.reduced - 1) / arguments.chunk + 1
    if chunks <= 1 {
      planner.emit(
        names.joined(separator: "·"), detail, mk_reduce, arguments,
        Array(zip(places, targets)),
        parts: planner.parts(forWork: work),
        scratch: withUnsafePointer(to: arguments, mk_reduce_scratch),
        program: program)
      return
    }
    // First every chunk on its own, then the chunks in their order.
    let partials = nodes.map { _ in
      planner.workspace(
        TensorType(
          [Int(arguments.outer), Int(chunks), Int(arguments.inner)], step.type.dtype))
    }
    arguments.only_chunks = 1
    planner.emit(
      names.joined(separator: "·"), detail, mk_reduce, arguments,
      Array(zip(places, partials)),
      parts: planner.parts(forWork: work),
      scratch: withUnsafePointer(to: arguments, mk_reduce_scratch),
      program: program)
    var last = arguments
    last.only_chunks = 0
    last.more = 0
    last.reduced = chunks
    last.chunk = chunks
    for (partial, target) in zip(partials, targets) {
      let gather = Program(reading: partial, planner: planner)
      last.map = UnsafePointer(gather.pointer)
      planner.emit(
        name, "\(chunks) chunks", mk_reduce, last, [(\.y, target)],
        scratch: withUnsafePointer(to: last, mk_reduce_scratch), program: gather)
    }
  }
}

extension Tensor {
  /// Records a reduction over axes; nil means all.
  func reduced(
    _ kind: Reduction.Kind, along axes: [Int]?, keepingDimensions: Bool, file: StaticString,
    line: UInt
  ) -> Tensor {
    let wantsMask = kind == .any || kind == .all
    check(
      wantsMask == (dtype == .bool),
      Diagnostic(
        kind.name, "it is not defined for this element type",
        expected: wantsMask ? "bool" : "numbers", got: "\(dtype)",
        fix: wantsMask ? "compare with something: x .!= 0" : "use cast(to:)"),
      file: file, line: line)
    let axes = normalizedAxes(axes, rank: rank, kind.name, file: file, line: line)
    return Recorder.current.record(
      Reduction(kind, axes: axes, keepsDimensions: keepingDimensions), [node],
      TensorType(shape.removing(axes, keepingDimensions: keepingDimensions), dtype))
  }
}

extension Tensor {
  /// The sum of the elements along axes; 0 over none.
  ///
  /// Integers are summed in their own type, and wrap where the sum leaves it: cast first where it
  /// may, `pixels.cast(to: .int64).sum()`.
  ///
  /// - Parameters:
  ///   - axes: The axes to reduce; negative ones count from the end; nil means all of them.
  ///   - keepingDimensions: Whether the axes stay, with size 1.
  public func sum(
    along axes: [Int]? = nil, keepingDimensions: Bool = false,
    file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    reduced(.sum, along: axes, keepingDimensions: keepingDimensions, file: file, line: line)
  }

  /// The sum of the elements along one axis.
  public func sum(
    along axis: Int, keepingDimensions: Bool = false,
    file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    sum(along: [axis], keepingDimensions: keepingDimensions, file: file, line: line)
  }
}

extension Tensor {
  /// The product of the elements along axes; 1 over none.
  ///
  /// Integers are multiplied in their own type, and wrap. The gradient is right where elements are 0.
  ///
  /// - Parameters:
  ///   - axes: The axes to reduce; negative ones count from the end; nil means all of them.
  ///   - keepingDimensions: Whether the axes stay, with size 1.
  public func product(
    along axes: [Int]? = nil, keepingDimensions: Bool = false,
    file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    reduced(.product, along: axes, keepingDimensions: keepingDimensions, file: file, line: line)
  }

  /// The product of the elements along one axis.
  public func product(
    along axis: Int, keepingDimensions: Bool = false,
    file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    product(along: [axis], keepingDimensions: keepingDimensions, file: file, line: line)
  }
}

extension Tensor {
  /// The largest element along axes: NaN where there is one, -∞ (of integers, the lowest) over none.
  ///
  /// Elements that tie for the maximum share its gradient equally, as in JAX.
  ///
  /// - Parameters:
  ///   - axes: The axes to reduce; negative ones count from the end; nil means all of them.
  ///   - keepingDimensions: Whether the axes stay, with size 1.
  public func max(
    along axes: [Int]? = nil, keepingDimensions: Bool = false,
    file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    reduced(.max, along: axes, keepingDimensions: keepingDimensions, file: file, line: line)
  }

  /// The largest element along one axis.
  public func max(
    along axis: Int, keepingDimensions: Bool = false,
    file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    max(along: [axis], keepingDimensions: keepingDimensions, file: file, line: line)
  }
}

extension Tensor {
  /// The smallest element along axes: NaN where there is one, +∞ (of integers, the highest) over none.
  ///
  /// Elements that tie for the minimum share its gradient equally, as in JAX.
  ///
  /// - Parameters:
  ///   - axes: The axes to reduce; negative ones count from the end; nil means all of them.
  ///   - keepingDimensions: Whether the axes stay, with size 1.
  public func min(
    along axes: [Int]? = nil, keepingDimensions: Bool = false,
    file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    reduced(.min, along: axes, keepingDimensions: keepingDimensions, file: file, line: line)
  }

  /// The smallest element along one axis.
  public func min(
    along axis: Int, keepingDimensions: Bool = false,
    file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    min(along: [axis], keepingDimensions: keepingDimensions, file: file, line: line)
  }
}

extension Tensor {
  /// Whether any element of a mask is true along axes; false over none.
  ///
  /// - Parameters:
  ///   - axes: The axes to reduce; negative ones count from the end; nil means all of them.
  ///   - keepingDimensions: Whether the axes stay, with size 1.
  public func any(
    along axes: [Int]? = nil, keepingDimensions: Bool = false,
    file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    reduced(.any, along: axes, keepingDimensions: keepingDimensions, file: file, line: line)
  }

  /// Whether any element of a mask is true along one axis.
  public func any(
    along axis: Int, keepingDimensions: Bool = false,
    file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    any(along: [axis], keepingDimensions: keepingDimensions, file: file, line: line)
  }
}

extension Tensor {
  /// Whether all elements of a mask are true along axes; true over none.
  ///
  /// - Parameters:
  ///   - axes: The axes to reduce; negative ones count from the end; nil means all of them.
  ///   - keepingDimensions: Whether the axes stay, with size 1.
  public func all(
    along axes: [Int]? = nil, keepingDimensions: Bool = false,
    file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    reduced(.all, along: axes, keepingDimensions: keepingDimensions, file: file, line: line)
  }

  /// Whether all elements of a mask are true along one axis.
  public func all(
    along axis: Int, keepingDimensions: Bool = false,
    file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    all(along: [axis], keepingDimensions: keepingDimensions, file: file, line: line)
  }
}

extension Tensor {
  /// For each element, the product of the others along axes: the slope of `product`, which dividing
  /// the product by the element would not give where an element is 0.
  func productOfOthers(along axes: [Int]) -> Tensor {
    let kept = shape.indices.filter { !axes.contains($0) }
    let rows = rows(along: axes).rows
    let others =
      rows.cumulativeProduct(along: -1, exclusive: true)
      * rows.cumulativeProduct(along: -1, exclusive: true, reverse: true)
    let order = kept + axes
    var inverse = order
    for (position, axis) in order.enumerated() { inverse[axis] = position }
    return others.reshaped(to: order.map { shape[$0] }).transposed(inverse)
  }
}
