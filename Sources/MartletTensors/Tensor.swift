/// A multidimensional array of numbers: a value that may not have been computed yet.
///
/// An operation on tensors checks its shapes at once, so that a mistake names its own line, and
/// records one node of a graph. Nothing is computed until somebody asks for a value (reads
/// scalars, prints, updates a variable); then the part of the graph that is needed is planned,
/// fused and run as a whole, and the plan is kept for the next time the same graph is asked for.
///
/// A tensor is a value: no operation changes it, and it can be sent to any task.
public struct Tensor: Sendable {
  private(set) var handle: Handle

  init(_ handle: Handle) { self.handle = handle }

  /// A tensor whose elements are already in memory.
  init(storage: Storage, type: TensorType) {
    // A replay would find the elements of now.
    Recorder.current.recording?.isRefused = true
    let node = Node(storage: storage, type: type)
    handle = graphLock.withLock { Handle(node, pending: nil) }
  }

  /// A tensor on a node of the graph.
  init(_ node: Node) {
    handle = graphLock.withLock {
      Handle(node, pending: node.isKnown ? nil : Recorder.current)
    }
  }

  /// Whether this is the only tensor on its node, and nothing else reads its memory.
  ///
  /// Called under the lock.
  var isAlone: Bool {
    mutating get {
      let node = handle.node
      return isKnownUniquelyReferenced(&handle) && node.holders == 1 && node.uses == 0
        && isKnownUniquelyReferenced(&node.storage)
    }
  }

  var node: Node { handle.node }
  var type: TensorType { handle.node.type }

  /// The sizes of the axes, outermost first; empty for a scalar.
  public var shape: Shape { type.shape }
  /// The type of the elements.
  public var dtype: DType { type.dtype }
  /// The number of axes.
  public var rank: Int { type.shape.count }
  /// The number of elements: the product of the sizes.
  public var count: Int { type.count }
}

extension Tensor {
  /// Records an operation on tensors; the shapes have been checked.
  static func record(
    _ operation: any Operation, _ inputs: [Tensor], shape: Shape, dtype: DType,
    file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    Recorder.current.record(
      operation, inputs.map(\.node), TensorType(shape, dtype, file: file, line: line))
  }

  /// A scalar that is an input of every plan it takes part in.
  static func constant(_ value: Double, _ dtype: DType) -> Tensor {
    constant(bits: (dtype.bits(of: value), 0), dtype)
  }

  static func constant(bits: (UInt64, UInt64), _ dtype: DType) -> Tensor {
    let node = Node(
      Constant(bits: bits), inputs: [], type: TensorType(scalar: dtype), serial: 0, scope: nil)
    return Tensor(graphLock.withLock { Handle(node, pending: nil) })
  }
}

extension TensorType {
  /// The type of a scalar.
  init(scalar dtype: DType) {
    shape = []
    self.dtype = dtype
    count = 1
  }
}

extension DType {
  /// The bits of a number as an element of the type lays them out, in the low bytes.
  func bits(of value: Double) -> UInt64 {
    switch self {
    case .float32: UInt64(Float(value).bitPattern)
    case .float64: value.bitPattern
    case .int32: UInt64(UInt32(bitPattern: Int32(clamping: whole(value))))
    case .int64: UInt64(bitPattern: Int64(whole(value)))
    case .uint8: UInt64(UInt8(clamping: whole(value)))
    case .bool: value != 0 ? 1 : 0
    }
  }

  private func whole(_ value: Double) -> Int {
    if value.isNaN { return 0 }
    return Int(exactly: value.rounded(.towardZero)) ?? (value > 0 ? Int.max : Int.min)
  }
}
